"""Who is called when something is wrong, and in which order. Source: runbook, escalation matrix (C49-C52)."""
