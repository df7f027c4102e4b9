"""Writing notices, and queueing their mails."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ops.ids import new_id
from ops.models.notification import NoticeStatus
from ops.mongo.collections import Document, collection
from ops.mongo.unit_of_work import is_open
from ops.notices import kinds
from ops.notices.kinds import NoticeType, Way
from ops.notices.mail import letter
from ops.notices.readers import UNKNOWN, readers_of
from ops.outbox.queue import queue_each


class _Told(NamedTuple):
    """Somebody who is told: in the app, and by mail to an address; ``None``: not by mail."""

    user_id: str
    in_app: bool
    address: str | None


def tell(  # noqa: PLR0913  # a notice has as many parts
    user_ids: Iterable[str],
    name: str,
    *,
    data: Mapping[str, str],
    now: datetime,
    family_id: str | None = None,
    mail_to: Collection[str] | None = None,
) -> Mapping[str, str]:
    """Tell people, each as they prefer: all notices in one command, all mails in another.

    A mail finds its words by its notice. So who wants a type by mail and not in the app has a notice, too,
    archived from the start: it is not counted, and listed only where archived ones are asked for.

    Args:
        user_ids: whom; nobody is all right.
        name: a registered type.
        data: what its words need, and ids of what it is about; no token, code or balance.
        now: time of the change.
        family_id: of which family; ``None``: a personal notice.
        mail_to: to whom of them there may be a mail; ``None``: to all.

    Returns:
        The addresses, by user, to which the type's own mail is to go, which is the caller's to queue. Empty
        for types without one, and for fixed ones, whose own mail goes where the caller knows.

    Raises:
        RuntimeError: no unit of work is open, so the notice could stand without its change.
        KeyError: there is no such type, or the data lacks what its words need.
    """
    if not is_open():
        msg = f"{name}: a notice belongs in the unit of work of its change"
        raise RuntimeError(msg)
    kind = kinds.named(name)
    kind.words(data)
    people = list(dict.fromkeys(user_ids))
    told = _told(kind, people, people if mail_to is None else mail_to)
    about = {"family_id": family_id, "type": name, "data": dict(data), "created_at": now}
    if kind.own_mail:
        _write([_notice(each, about) for each in told if each.in_app])
        return {each.user_id: each.address for each in told if each.address is not None}
    reached = {each.user_id: each for each in told if each.in_app or each.address is not None}
    notices = [_notice(each, about) for each in reached.values()]
    _write(notices)
    letters = [(reached[notice["user_id"]].address, notice["_id"]) for notice in notices]
    queue_each([letter(notice_id, to=to) for to, notice_id in letters if to is not None], now=now)
    return {}


def _told(kind: NoticeType, people: Sequence[str], mail_to: Collection[str]) -> list[_Told]:
    """Say how each is told; who they are is asked only where it matters."""
    is_mailed = kind.mailed and not kind.own_mail
    if not kind.fixed:
        asked = list(people)
    else:
        asked = [each for each in people if each in mail_to] if is_mailed else []
    readers = readers_of(asked) if asked else {}
    told = []
    for user_id in people:
        address, preferences = readers.get(user_id, UNKNOWN)
        by_mail = user_id in mail_to and preferences.wants(kind, Way.EMAIL)
        in_app = preferences.wants(kind, Way.IN_APP)
        told.append(_Told(user_id, in_app, address if by_mail else None))
    return told


def _notice(told: _Told, about: Document) -> Document:
    return {
        "_id": new_id("ntf"),
        "v": 1,
        "user_id": told.user_id,
        **about,
        "status": str(NoticeStatus.UNREAD if told.in_app else NoticeStatus.ARCHIVED),
        "read_at": None,
        "archived_at": None if told.in_app else about["created_at"],
    }


def _write(notices: Sequence[Document]) -> None:
    if notices:
        collection("notifications").insert(*notices)
