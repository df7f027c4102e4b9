"""How quick the system is, as a ratio to the floor: a bare async endpoint that does the same find.

Both are served by uvicorn with the same number of workers on the same machine, in turn, in one run.
"""
