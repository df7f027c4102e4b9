"""Who manages a family when an admin goes. No database, no clock.

Source: HTTP contract, sections 6 (last admin) and 18 (rule 8).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

Member = Mapping[str, Any]


class Succession(NamedTuple):
    """What becomes of a family whose admin goes.

    Attributes:
        is_possible: the admin may go.
        heir: id of the backup admin who is promoted with it; ``None``: nobody need be.
    """

    is_possible: bool
    heir: str | None = None


def backups(members: Sequence[Member]) -> list[str]:
    """Return the ids of those who stand ready, in the order in which they were designated."""
    ready = [each for each in members if each["is_backup_admin"]]
    # Members from before the order was kept have none, and come first, as they joined.
    return [each["user_id"] for each in sorted(ready, key=lambda each: each.get("backup_order") or 0)]


def without(user_id: str, admins: Sequence[str], heirs: Sequence[str], active: Collection[str]) -> Succession:
    """Say whether an admin may go, and who takes over.

    Args:
        user_id: who goes, or is an admin no longer.
        admins: ids of all admins.
        heirs: ids of the backup admins, in their order.
        active: ids of those among them who are not disabled; only they can work.
    """
    if any(each in active for each in admins if each != user_id):
        return Succession(is_possible=True)
    heir = next((each for each in heirs if each in active and each != user_id), None)
    return Succession(is_possible=heir is not None, heir=heir)
