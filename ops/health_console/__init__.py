"""The console's pages about health: what doctor last saw, the runbook's pages, and its fixes."""
