"""The query cache: what costs much to make, kept for a while in Redis. What it may hold: ``remembering``."""
