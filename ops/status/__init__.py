"""The status page: how the parts that users know are and were, and what users are told of incidents.

Each minute of a day is counted in ``service_days`` of the control database, a document a day::

    _id       the day (ISO, UTC)
    counted   which minutes were counted: for each hour a number, of which bit m stands for minute m
    parts     by part: minutes seen, and those of them that it was degraded, down, or in maintenance

The invariants: a minute is counted once, whoever has seen it and however often it is written; one that nobody
has seen is in no number, so it is shown as not seen, never as well. What was seen while MongoDB was away is
held in memory and written when it is back.

The same page is written to ``STATUS_DIR`` every 15 s by the process of the metrics, for the proxy to show
when nothing else answers. No page names a server, a latency or anything that only staff may know.
"""
