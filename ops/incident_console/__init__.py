"""The console's pages about incidents: which there are, one of them whole, and what is done about it."""
