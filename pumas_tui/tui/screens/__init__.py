"""One module per screen, one task each; strangers to each other."""
