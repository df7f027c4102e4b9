"""What is installed on a machine, and whether a release may be."""
