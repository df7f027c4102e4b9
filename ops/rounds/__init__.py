"""Rounds: small duties that must be done whatever else is dead, by the process that shows the metrics.

The worker may be the incident, and MongoDB too. So that who must be told is told, and users are told how it
is, these are done here: each on a thread of its own, and what one of them raises ends none of the others.
They write at most the control database and files: during maintenance nothing else may be written.
"""
