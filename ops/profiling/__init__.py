"""The database's profiler: which operations took long, for a while, and of the product's database alone.

Source: runbook inventory, R056.
"""
