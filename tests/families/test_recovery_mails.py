"""The mail with a code: it arrives, its code works, and then it is nowhere.

Source: design, section 6; HTTP contract, sections 10 and 18 (rules 12 and 18).
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from structlog.testing import capture_logs

from families.actions import recovering
from families.emails import RECOVERY_CODE, SAMPLE
from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import Document, collection
from ops.outbox import rendering, templates
from ops.outbox.delivery import deliver_due
from tests.api import Api
from tests.console import Console
from tests.database import documents
from tests.factories import Person, new_staff
from tests.families.orphaned import CODE, WHY, Orphaned, codes, orphaned, recovery_of, switch, typed
from tests.mailbox import RCPT, Mailbox, at, mailbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


def deliver() -> None:
    while deliver_due(now=clock.now() + timedelta(minutes=1)):
        pass


def delivered(box: Mailbox) -> dict[str, str]:
    """Return the codes that the mail server took, by address; text and HTML hold the same."""
    found = {}
    for each in box.deliveries:
        if "Your code" in str(each.message["Subject"]):
            (found[each.to],) = CODE.findall(each.part("plain"))
            assert f">{found[each.to]}<" in each.part("html")
    return found


def outbox() -> list[Document]:
    return [each for each in documents("email_outbox")["email_outbox"] if each["template"] == RECOVERY_CODE]


def mailed_recovery(box: Mailbox, family: Orphaned) -> tuple[Document, dict[Person, str]]:
    """Begin a recovery and deliver its mails; returns it, and everybody's code."""
    answer = Api(family.members[0]).post(family.path, {"recovery_reason": WHY})
    deliver()
    found = delivered(box)
    return {"_id": answer.json["recovery_id"]}, {each: found[each.email] for each in family.members}


def test_the_codes_that_arrive_recover_the_family(box: Mailbox) -> None:
    family = orphaned(2)

    recovery, mailed = mailed_recovery(box, family)

    for person, code in mailed.items():
        answer = typed(person, recovery, code)
        assert answer.status == 200
    assert answer.json["promoted_user_id"] == family.members[0].id
    assert recovery_of(recovery)["status"] == "completed"


def test_everybody_gets_one_of_their_own_and_the_disabled_admin_none(box: Mailbox) -> None:
    family = orphaned(4)

    mailed_recovery(box, family)

    addresses = [each.to for each in box.deliveries if "Your code" in str(each.message["Subject"])]
    assert sorted(addresses) == sorted(each.email for each in family.members)
    assert len({each["code"] for each in documents("recoveries")["recoveries"][0]["voters"]}) == 4


def test_once_they_are_mailed_the_codes_stand_nowhere(box: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    family = orphaned(3)
    first, second, third = family.members
    caplog.set_level("DEBUG")

    with capture_logs() as lines:
        recovery, mailed = mailed_recovery(box, family)
        answers = [typed(first, recovery, mailed[first]), typed(second, recovery, "00000x")]
        answers += [typed(second, recovery, wrong(mailed[second])), typed(third, recovery, mailed[third])]

    assert [each.status for each in answers] == [200, 400, 400, 200]
    # Any six digits may stand in an id or a time by accident, but not as a value of their own.
    values = {*leaves(documents()), *leaves(lines), *leaves([each.json for each in answers])}
    logged = [str(each) for record in caplog.records for each in (record.msg, *(record.args or ()))]
    assert not values & set(mailed.values())
    assert not any(code in line for code in mailed.values() for line in logged)
    assert [set(each["context"]) for each in outbox()] == [{"recovery_id", "user_id"}] * 3
    assert {each["status"] for each in outbox()} == {"sent"}


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def leaves(value: object) -> Iterator[str]:
    """Yield every value there is in documents, as text."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield str(value)


def test_before_they_are_mailed_they_are_sealed() -> None:
    family = orphaned(2)
    family.begun()
    found = codes()

    values = set(leaves(documents()))

    assert len(found) == 2
    assert not values & set(found.values())
    assert all("sealed" in each["context"] for each in outbox())


def test_who_cannot_be_reached_after_all_leaves_no_code_behind() -> None:
    family = orphaned(2)
    with mailbox(at(RCPT, "550 5.1.1 Unknown", to=family.members[1].email)) as box:
        recovery = family.begun()
        deliver()

        assert set(delivered(box)) == {family.members[0].email}
    assert {each["status"] for each in outbox()} == {"sent", "dead_letter"}
    assert [set(each["context"]) for each in outbox()] == [{"recovery_id", "user_id"}] * 2
    assert recovery_of(recovery)["status"] == "pending_verification"


@pytest.mark.parametrize("end", ["cancelled", "expired", "voted"])
def test_a_code_that_is_good_for_nothing_is_not_mailed(box: Mailbox, end: str) -> None:
    family = orphaned(3)
    recovery = family.begun()
    first = family.members[0]
    if end == "cancelled":
        switch(family.admin, active=True)
    elif end == "expired":
        collection("recoveries").update({"_id": recovery["_id"]}, {"$set": {"expires_at": clock.now()}})
    else:
        recovering.verify(recovery["_id"], codes()[first.email], actor=first.actor, now=clock.now())

    deliver()

    gone = {"voted": {first.email}}.get(end, {each.email for each in family.members})
    assert set(delivered(box)) == {each.email for each in family.members} - gone
    buried = [each for each in outbox() if each["status"] == "dead_letter"]
    assert {each["to"] for each in buried} == gone
    assert {str(each["fault"]).partition(":")[0] for each in buried} == {"no longer wanted"}
    assert all("sealed" not in each["context"] for each in outbox())


def test_a_mail_says_what_it_is_about_and_what_its_code_does() -> None:
    family = orphaned(2)
    collection("families").update({"_id": family.id}, {"$set": {"name": 'Larks & "Co"'}})
    recovery = family.begun()
    mail = outbox()[0]

    content = rendering.rendered_mail(mail)

    assert content.subject == 'Your code to recover the family Larks & "Co"'
    assert "Larks &amp; &quot;Co&quot;" in content.html
    for text in (content.text, content.html):
        assert "It takes 2 members." in text
        assert f"{recovery['expires_at']:%Y-%m-%d %H:%M} UTC" in text


def test_a_single_members_mail_says_that_it_is_enough() -> None:
    orphaned(1).begun()

    assert "Your code alone is enough." in rendering.rendered_mail(outbox()[0]).text


def test_the_demos_inbox_shows_the_code_as_long_as_it_is_good() -> None:
    family = orphaned(2)
    recovery = family.begun()
    with override_settings(MAIL_SERVER=None, MAIL_INBOX=True):
        deliver()
    (first, second), found = family.members, codes()
    assert {each["status"] for each in outbox()} == {"sent"}

    for each in (first, second):
        assert typed(each, recovery, found[each.email]).status == 200

    assert codes() == {}


def test_the_preview_shows_a_dummy() -> None:
    page = Console(new_staff(Role.OPERATOR)).get(f"/admin/ops/mail/templates/{RECOVERY_CODE}/")

    assert page.status == 200
    assert "000000" in page.text
    assert templates.named(RECOVERY_CODE).sample == SAMPLE
