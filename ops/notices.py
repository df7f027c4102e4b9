"""Telling people in the app what happened, in the unit of the change that it tells of.

Apps register the types of their notices, with the words. Source: HTTP contract, sections 12 and 18 (rule 18).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.ids import new_id
from ops.mongo.collections import collection
from ops.mongo.unit_of_work import is_open


@dataclass(frozen=True)
class NoticeType:
    """One kind of notice; ``title`` and ``message`` are filled from a notice's data.

    ``fixed``: it cannot be switched off.
    """

    name: str
    title: str
    message: str
    fixed: bool = False


_types: dict[str, NoticeType] = {}


def register(kind: NoticeType) -> None:
    """Enter a type; called by an app when it is ready."""
    _types[kind.name] = kind


def words(name: str, data: Mapping[str, str]) -> tuple[str, str]:
    """Return title and message of a notice.

    Raises:
        KeyError: there is no such type, or the data lacks what its words need.
    """
    kind = _types[name]
    return kind.title.format(**data), kind.message.format(**data)


def tell(
    user_ids: Iterable[str],
    name: str,
    *,
    data: Mapping[str, str],
    now: datetime,
    family_id: str | None = None,
) -> None:
    """Write one notice for each person, in one command.

    Args:
        user_ids: whom; nobody is all right.
        name: a registered type.
        data: what its words need, and ids of what it is about; no token, code or balance.
        now: time of the change.
        family_id: of which family; ``None``: a personal notice.

    Raises:
        RuntimeError: no unit of work is open, so the notice could stand without its change.
        KeyError: there is no such type, or the data lacks what its words need.
    """
    if not is_open():
        msg = f"{name}: a notice belongs in the unit of work of its change"
        raise RuntimeError(msg)
    words(name, data)
    notices = [
        {
            "_id": new_id("ntf"),
            "v": 1,
            "user_id": user_id,
            "family_id": family_id,
            "type": name,
            "data": dict(data),
            "created_at": now,
            "read_at": None,
            "archived_at": None,
        }
        for user_id in dict.fromkeys(user_ids)
    ]
    if notices:
        collection("notifications").insert(*notices)
