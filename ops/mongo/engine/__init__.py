"""The database engine: the official backend, with the defects mended that were measured in it.

The modules here follow Django's own names for a backend's parts. Why each change is needed stands
beside it; what was measured stands in ``docs/decisions/0001``.
"""
