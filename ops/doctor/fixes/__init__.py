"""``manage.py doctor --fix NAME``: mends what a check has found; a dry run unless ``--apply``."""
