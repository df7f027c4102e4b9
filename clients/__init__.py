"""Typed clients of the API, generated from its own description."""
