"""Health shown by work: each part is asked to do something, within a time limit of its own."""
