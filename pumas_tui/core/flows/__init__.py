"""Use cases: the only place where disk, databases and network meet."""
