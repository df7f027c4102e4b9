"""The only room that writes balances and postings; only ``tokens.actions`` may import it."""
