"""The room of a family on its page in the console, now and later. Source: HTTP contract, section 7."""

from datetime import timedelta

import pytest

from families.actions import limiting
from families.actions.limiting import Wanted
from families.rules.limits import LimitType
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.mongo.collections import Document
from tests.console import LIST, Console, document_page
from tests.factories import Person, new_staff

DAYS = 30


def most_members(family: Document) -> str:
    page = Console(new_staff(Role.SUPPORT)).get(document_page(LIST["families"], family["_id"]))
    return page.field("Most members")


@pytest.mark.parametrize("ago", [0, DAYS + 1])
def test_a_limit_that_is_to_come_is_told_with_its_time(person: Person, larks: Document, ago: int) -> None:
    now = clock.now() - timedelta(days=ago)
    wanted = Wanted({LimitType.MEMBERS: 2}, "for a test", None, DAYS)
    limiting.set_limits(person.id, wanted, actor=Actor.system("tests"), now=now)

    ends = now + timedelta(days=DAYS)
    coming = f"5 (default), from {ends:%Y-%m-%d %H:%M:%S} UTC on 2 (set by staff)"
    assert most_members(larks) == ("2 (set by staff)" if ago else coming)


def test_a_limit_that_holds_at_once_is_the_only_one(person: Person, larks: Document) -> None:
    wanted = Wanted({LimitType.MEMBERS: 9}, "for a test")
    limiting.set_limits(person.id, wanted, actor=Actor.system("tests"), now=clock.now())

    assert most_members(larks) == "9 (set by staff)"
