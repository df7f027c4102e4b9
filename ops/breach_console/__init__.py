"""The scope of a breach on a page of the console, for staff who may see security incidents."""
