"""Tests of the real processes: they know only command lines, addresses and mail."""
