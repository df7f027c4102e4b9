"""The support bundle: what an escalation must carry, in one archive, with nothing in it that must not leave.

Source: runbook, the escalations of sections 1 to 8 (E01-E24).
"""
