"""The disk, all of it. What is decided here is only how; what is decided in `domain`."""
