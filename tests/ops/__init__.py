"""Tests of what keeps the system running."""
