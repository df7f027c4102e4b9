"""What the console's front page tells: what needs attention now, and what goes on by the hour.

Apps register both in their ``apps.py``: ``attention.register(…)``, ``series.register(…)``. The job
``ops.front.count`` counts each minute into ``console_counters``; the page only reads those few documents, so
it is as quick with a million families as with one. The page itself stands in ``ops.front_console``.
"""
