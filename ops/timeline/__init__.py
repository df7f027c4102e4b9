"""What happened to one thing, in order of time, from all that the product keeps about it.

For operators, in a shell: ``manage.py timeline ID``. Apps enter their sources; operations know no app.
"""

from ops.timeline.registry import Moment, register

__all__ = ["Moment", "register"]
