"""Running things: the runner, the feed and the bus. Knows nothing of models."""
