"""Read-only: users change nothing for a while, and read on; staff, sign-in and mails go on.

Told by a switch in the control database, which every process reads twice a second. Each call, page and job
looks before it begins, so what had begun ends whole. Nothing is counted or confirmed, unlike in a time of
maintenance: until a process has read the switch, at most a second, what comes to it begins as before.

Source: runbook, security incident ("isolate affected systems"); inventory, C17.
"""
