"""SBD accounts: holders and their spending rights, and the ledger that moves tokens."""
