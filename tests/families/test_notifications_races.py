"""Marking as read while others are told and mark, too. Source: HTTP contract, section 12."""

from functools import partial

import pytest

from ops.mongo.collections import Document
from tests.api import Api
from tests.database import documents
from tests.factories import Person
from tests.families.told import tell
from tests.races import at_once

ALL = "/family/notifications"


def statuses() -> list[str]:
    return [each["status"] for each in documents("notifications")["notifications"]]


@pytest.mark.race
def test_marking_all_while_new_ones_arrive_marks_what_there_was(person: Person, larks: Document) -> None:
    for _ in range(5):
        tell([person], family_id=larks["_id"])
    there = {each["_id"] for each in documents("notifications")["notifications"]}
    api = Api(person)

    def tell_one() -> None:
        tell([person], family_id=larks["_id"])

    def mark_all() -> int:
        marked: int = api.post(f"{ALL}/mark-all-read").json["marked_count"]
        return marked

    *_, marked = at_once([*[tell_one] * 6, mark_all])

    found = documents("notifications")["notifications"]
    read = {each["_id"] for each in found if each["status"] == "read"}
    assert there <= read
    assert marked == len(read)
    assert len(found) == 11
    assert api.get(ALL).json["unread_count"] == 11 - len(read)
    # Nothing is marked that came after.
    (when,) = {each["read_at"] for each in found if each["read_at"]}
    assert all(each["created_at"] <= when for each in found if each["_id"] in read)


@pytest.mark.race
def test_each_is_marked_by_one_call_however_many_mark_it(person: Person) -> None:
    for _ in range(4):
        tell([person])
    api = Api(person)
    ids = [each["notification_id"] for each in api.get(ALL).json["results"]]
    some = {"notification_ids": ids[:3]}

    answers = at_once(
        [*[partial(api.post, f"{ALL}/mark-read", some)] * 3, *[partial(api.post, f"{ALL}/mark-all-read")] * 2]
    )

    assert [answer.status for answer in answers] == [200] * 5
    assert sum(answer.json["marked_count"] for answer in answers) == 4
    assert statuses() == ["read"] * 4
