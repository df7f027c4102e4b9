"""Migrations of Django's own apps, with MongoDB's keys."""
