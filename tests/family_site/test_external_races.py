"""Who comes back from another provider at the same moment: one link, one entry, one session for each way."""

from functools import partial

from family_site.identity.actions import external
from family_site.identity.actions.external import NotLinked, Stranger
from ops import clock
from ops.actors import Actor
from tests.database import audit, documents
from tests.family_site.travelling import begun, confirmed, linked, sent_back
from tests.identity_provider import provider
from tests.races import at_once
from tests.visitor import Visitor

MANY = 4


def browser_sessions() -> int:
    return sum(each["kind"] == "browser" for each in documents("sessions")["sessions"])


def test_two_browsers_of_one_person_link_once_and_both_are_signed_in() -> None:
    person, visitors = confirmed(), [Visitor() for _ in range(MANY)]
    with provider(person.email) as nest:
        paths = [sent_back(begun(visitor).goes_to) for visitor in visitors]
        pages = at_once([partial(each.open, path) for each, path in zip(visitors, paths, strict=True)])

    assert [page.status for page in pages] == [303] * MANY
    assert linked(person) == [{"issuer": nest.issuer, "subject": "bird-7"}]
    assert len(audit("identity.linked")) == 1
    told = [each["data"]["event"] for each in documents("notifications")["notifications"]]
    assert told == ["identity_linked"]
    assert browser_sessions() == MANY


def test_one_way_that_is_come_back_from_many_times_at_once_is_gone_once() -> None:
    person, visitor = confirmed(), Visitor()
    with provider(person.email) as nest:
        path = sent_back(begun(visitor).goes_to)
        again = [Visitor() for _ in range(MANY)]
        for each in again:
            each.client.cookies["sbd_external"] = visitor.client.cookies["sbd_external"].value
        pages = at_once([partial(each.open, path) for each in again])

    assert sorted(page.status for page in pages) == [303, *[400] * (MANY - 1)]
    assert (browser_sessions(), nest.asked["/token"]) == (1, 1)


def test_two_people_at_the_provider_do_not_both_get_one_account() -> None:
    person, now = confirmed(), clock.now()
    strangers = [Stranger("https://nest.example", f"bird-{number}", person.email) for number in range(MANY)]
    recognise = partial(external.recognised, actor=Actor.system("tests"), now=now)

    found = at_once([partial(recognise, each) for each in strangers])

    assert sorted(each if isinstance(each, str) else each["_id"] for each in found) == [
        *[NotLinked.TAKEN] * (MANY - 1),
        person.id,
    ]
    assert (len(linked(person)), len(audit("identity.linked"))) == (1, 1)


def test_one_person_at_the_provider_does_not_get_two_accounts() -> None:
    people, now = [confirmed() for _ in range(MANY)], clock.now()
    strangers = [Stranger("https://nest.example", "bird-7", each.email) for each in people]
    recognise = partial(external.recognised, actor=Actor.system("tests"), now=now)

    found = at_once([partial(recognise, each) for each in strangers])

    (one,) = {None if isinstance(each, str) else each["_id"] for each in found}
    assert [each.id for each in people if linked(each)] == [one]
    assert len(audit("identity.linked")) == 1
