"""The network, all of it: the client, breaker and budget, cache, the Hub, Civitai, downloads."""
