"""Backups of the product's database and of the cache's Redis, and the way back. Source: design, section 8."""
