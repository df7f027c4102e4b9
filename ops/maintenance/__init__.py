"""Maintenance: all that writes stands still, on every machine, until somebody says that it may go on.

Told in two places: a switch in the control database, which every process reads twice a second, and a file on
the machine, which holds while MongoDB is away, and which the proxy looks at. Either is enough. What is at
work when it begins comes to its end; nothing new begins; each process then confirms it with its heartbeat.
Source: design, section 8.
"""
