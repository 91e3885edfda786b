"""Ratios against programs anyone can run. Never part of the tests; `make bench` runs them."""
