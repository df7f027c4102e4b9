"""Saved filters: ``console_filters``, a filter of a list under a name, for who saved it or for all of staff.

``owner``: id of who saved it; ``model``: whose list, for example ``identity.user``; ``query``: the list's
parameters; ``shared``: all of staff who may see the list are offered it. Only its owner changes it.
``beside_at``: when they last saved another one while this was their first; so two at once meet.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from pymongo.errors import DuplicateKeyError

from ops import audit
from ops.actors import Actor
from ops.errors import DomainError, NotFoundError
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from ops.mongo.indexes import Index, declare
from ops.mongo.unit_of_work import unit_of_work

NAME = "console_filters"
MOST_OF_A_PERSON = 50
MOST_SHOWN = 200  # of what is shared, at a list or at all lists
LONGEST_NAME, LONGEST_QUERY = 60, 1000
SAVED, RENAMED, DELETED = "list_filter.saved", "list_filter.renamed", "list_filter.deleted"

INDEXES = declare(
    NAME,
    Index(("owner", "model", "name"), unique=True),
    Index(("model",), partial={"shared": True}),
)


class Saved(NamedTuple):
    """A saved filter as somebody sees it; ``is_mine``: it is their own."""

    id: str
    model: str
    name: str
    query: str
    is_shared: bool
    is_mine: bool


class NameTakenError(DomainError):
    """Somebody has a filter of that name for that list already."""

    code = "FILTER_NAME_TAKEN"
    meaning = "The caller has a filter of this name for the console's list already."
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        """Say so."""
        super().__init__(message="You have a filter of this name for this list already.")


class TooManyError(DomainError):
    """Somebody has as many filters as one person may have."""

    code = "TOO_MANY_FILTERS"
    meaning = "The caller has as many saved filters of the console as one may have."
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        """Say how many that are."""
        super().__init__(message=f"You have {MOST_OF_A_PERSON} saved filters; delete one first.")


def of_list(model: str, user_id: str) -> list[Saved]:
    """Return what somebody is offered at a list, by name: their own, and what others share."""
    return _offered({"model": model}, user_id)


def of_everything(models: Sequence[str], user_id: str) -> list[Saved]:
    """Return what somebody is offered at these lists, by name."""
    return _offered({"model": {"$in": list(models)}}, user_id)


def one(identifier: str, model: str, user_id: str) -> Saved:
    """Return a filter that somebody is offered at a list.

    Raises:
        NotFoundError: there is none, or it is another person's own.
    """
    document = collection(NAME).find_one({"_id": identifier, "model": model})
    if document is None or not (document["shared"] or document["owner"] == user_id):
        raise NotFoundError
    return _seen(document, user_id)


@unit_of_work()
def save(  # noqa: PLR0913  # what a filter is made of
    model: str, name: str, query: str, *, shared: bool, actor: Actor, now: datetime
) -> str:
    """Keep a filter; returns its id.

    Args:
        model: whose list.
        name: how it is called; one's own have different names.
        query: parameters that the list takes, as the caller has made sure.
        shared: all of staff are offered it.

    Raises:
        NameTakenError: they have one of that name for that list.
        TooManyError: they have ``MOST_OF_A_PERSON``.
    """
    mine = collection(NAME).find({"owner": actor.user_id}, {"model": 1, "name": 1}, limit=MOST_OF_A_PERSON)
    if any((each["model"], each["name"]) == (model, name) for each in mine):
        raise NameTakenError
    if len(mine) >= MOST_OF_A_PERSON:
        raise TooManyError
    if mine:  # which both of two at once write, so that the later one counts again
        collection(NAME).update({"_id": mine[0]["_id"]}, {"$set": {"beside_at": now}})
    said = {"model": model, "name": name, "query": query, "shared": shared}
    document = {"_id": new_id("flt"), "v": 1, "owner": actor.user_id, **said, "created_at": now}
    _written(lambda: collection(NAME).insert(document))
    _tell(actor, SAVED, document, now)
    return str(document["_id"])


@unit_of_work()
def rename(  # noqa: PLR0913  # as above
    identifier: str, model: str, name: str, *, shared: bool, actor: Actor, now: datetime
) -> None:
    """Change the name of one's own filter, and whether it is for all of staff.

    Raises:
        NotFoundError: there is none, or it is not one's own.
        NameTakenError: they have another one of that name.
    """
    mine = {"_id": identifier, "model": model, "owner": actor.user_id}
    change = {"$set": {"name": name, "shared": shared}}
    before = collection(NAME).find_one(mine)
    if before is None:
        raise NotFoundError
    if (before["name"], before["shared"]) == (name, shared):
        return
    _written(lambda: collection(NAME).update(mine, change))
    _tell(actor, RENAMED, {**before, "name": name, "shared": shared}, now)


@unit_of_work()
def delete(identifier: str, model: str, *, actor: Actor, now: datetime) -> None:
    """Delete one's own filter.

    Raises:
        NotFoundError: there is none, or it is not one's own.
    """
    mine = {"_id": identifier, "model": model, "owner": actor.user_id}
    before = collection(NAME).find_one(mine)
    if before is None or not collection(NAME).delete(mine):
        raise NotFoundError
    _tell(actor, DELETED, before, now)


def _offered(where: Document, user_id: str) -> list[Saved]:
    """Return one's own, all of them, and what others share. One look."""
    own: list[Document] = [{"$match": {**where, "owner": user_id}}, {"$limit": MOST_OF_A_PERSON}]
    others = [{"$match": {**where, "shared": True, "owner": {"$ne": user_id}}}, {"$limit": MOST_SHOWN}]
    documents = collection(NAME).aggregate([*own, {"$unionWith": {"coll": NAME, "pipeline": others}}])
    return sorted((_seen(each, user_id) for each in documents), key=lambda each: each.name.casefold())


def _seen(document: Document, user_id: str) -> Saved:
    return Saved(
        id=document["_id"],
        model=document["model"],
        name=document["name"],
        query=document["query"],
        is_shared=document["shared"],
        is_mine=document["owner"] == user_id,
    )


def _written(write: Callable[[], object]) -> None:
    """Write, where somebody may have been quicker with the same name."""
    try:
        write()
    except DuplicateKeyError:
        raise NameTakenError from None


def _tell(actor: Actor, action: str, document: Document, now: datetime) -> None:
    """Write the entry; name and parameters may name somebody, so they stand in the private part."""
    told = {"list": document["model"], "shared": document["shared"]}
    private = {"name": document["name"], "filter": document["query"]}
    audit.record(actor, action, target=document["_id"], now=now, after=told, private=private)
