"""The command line: the second front end over `pumas_tui.core.library`."""
