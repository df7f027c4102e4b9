"""``manage.py doctor``: what is wrong, why, and what to do next; in five seconds, whatever is dead."""
