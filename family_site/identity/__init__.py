"""Who signs in: users, their sessions and tokens."""
