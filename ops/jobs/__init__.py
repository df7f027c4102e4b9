"""Scheduled jobs: what beat and worker are made of, and how one sees that work is done."""
