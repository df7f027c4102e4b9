"""The API of sign-in. Source: HTTP contract, section 11."""
