"""What the box says about itself."""
