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
from ops.notices.readers import UNKNOWN, Reader, readers_of
from ops.outbox.queue import queue_each


class Notice(NamedTuple):
    """What people are told, as ``tell`` has it: of a type without a mail of its own."""

    user_ids: Iterable[str]
    name: str
    data: Mapping[str, str]
    family_id: str | None = None
    mail_to: Collection[str] | None = None


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
    notice = Notice(user_ids, name, data, family_id, mail_to)
    _require_unit([notice])
    if not kinds.named(name).own_mail:
        tell_each([notice], now=now)
        return {}
    (told,) = _everybody([notice])
    _write([_document(each, notice, now) for each in told if each.in_app])
    return {each.user_id: each.address for each in told if each.address is not None}


def tell_each(notices: Sequence[Notice], *, now: datetime) -> None:
    """Tell people several things of one change: all in one command, all mails in another.

    Raises:
        RuntimeError, KeyError: as ``tell``.
    """
    documents, letters = [], []
    for notice, told in zip(notices, _everybody(notices), strict=True):
        for each in told:
            if each.in_app or each.address is not None:
                document = _document(each, notice, now)
                documents.append(document)
                if each.address is not None:
                    letters.append(letter(document["_id"], to=each.address))
    _write(documents)
    queue_each(letters, now=now)


def _everybody(notices: Sequence[Notice]) -> list[list[_Told]]:
    """Say how each is told of each; who they are is asked once, and only where it matters."""
    _require_unit(notices)
    found = []
    for notice in notices:
        kind = kinds.named(notice.name)
        kind.words(notice.data)
        people = list(dict.fromkeys(notice.user_ids))
        found.append((kind, people, people if notice.mail_to is None else notice.mail_to))
    asked = {each for kind, people, mail_to in found for each in _asked(kind, people, mail_to)}
    readers = readers_of(sorted(asked)) if asked else {}
    return [
        [_told(kind, user_id, user_id in mail_to, readers.get(user_id, UNKNOWN)) for user_id in people]
        for kind, people, mail_to in found
    ]


def _require_unit(notices: Sequence[Notice]) -> None:
    if not is_open():
        names = ", ".join(each.name for each in notices)
        msg = f"{names}: a notice belongs in the unit of work of its change"
        raise RuntimeError(msg)


def _asked(kind: NoticeType, people: Sequence[str], mail_to: Collection[str]) -> list[str]:
    """Return of whom has to be known what they prefer, or where they are mailed."""
    if not kind.fixed:
        return list(people)
    return [each for each in people if each in mail_to] if kind.mailed and not kind.own_mail else []


def _told(kind: NoticeType, user_id: str, may_mail: bool, reader: Reader) -> _Told:  # noqa: FBT001  # as it is found
    by_mail = may_mail and reader.preferences.wants(kind, Way.EMAIL)
    in_app = reader.preferences.wants(kind, Way.IN_APP)
    return _Told(user_id, in_app, reader.address if by_mail else None)


def _document(told: _Told, notice: Notice, now: datetime) -> Document:
    return {
        "_id": new_id("ntf"),
        "v": 1,
        "user_id": told.user_id,
        "family_id": notice.family_id,
        "type": notice.name,
        "data": dict(notice.data),
        "created_at": now,
        "status": str(NoticeStatus.UNREAD if told.in_app else NoticeStatus.ARCHIVED),
        "read_at": None,
        "archived_at": None if told.in_app else now,
    }


def _write(notices: Sequence[Document]) -> None:
    if notices:
        collection("notifications").insert(*notices)
