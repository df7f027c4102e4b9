"""The API of families. Source: HTTP contract, section 4."""
