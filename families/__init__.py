"""Families: who belongs to one, who manages it, and what joining, leaving and dissolving do."""
