"""What runs, since when, and what ran before: a record of each start of a unit.

Source: design, section 8.
"""
