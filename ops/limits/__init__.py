"""Rate limits: how often a caller may do what. Source: HTTP contract, section 3."""
