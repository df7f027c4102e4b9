"""The runbook: its pages, and a walk along one of them."""
