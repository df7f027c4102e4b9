"""Doors to what the runbook asks for by these names."""
