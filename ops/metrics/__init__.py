"""Metrics: what is counted, where the counts of all processes come together, and who shows them.

The lowest room of operations: others count by its functions, and register what the exporter asks them for.
"""
