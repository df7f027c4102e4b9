"""What somebody has touched who should not have been there: from the audit log, and from the log's lines.

For the security response (checklist, C21 to C23, C28): ``manage.py breach_scope``, and a page of the console.
Apps enter what they know; operations know no app.
"""

from ops.breach.registry import (
    Movement,
    Sessions,
    families_by,
    ids,
    kept_in,
    movements_by,
    sessions_by,
    ways_in,
)

__all__ = [
    "Movement",
    "Sessions",
    "families_by",
    "ids",
    "kept_in",
    "movements_by",
    "sessions_by",
    "ways_in",
]
