"""Mails in the console. Source: design, sections 6 and 8."""

import re
from datetime import timedelta

import pytest
from django.test import override_settings

from ops import clock
from ops.outbox import templates
from ops.outbox.delivery import deliver_due
from tests.console import LIST, Console
from tests.database import audit, documents
from tests.factories import Person
from tests.mailbox import RCPT, Mailbox, at, mailbox
from tests.ops.outbox.queued import MINUTE, mail, queued, states

MAILS = LIST["mails"]
NO_SERVER = "No mail server is set (MAIL_URL): mails wait here, with no attempt counted, until one is."


def page_of(mail_id: str) -> str:
    return f"{MAILS}{mail_id.replace('_', '_5F')}/change/"


@pytest.fixture
def dead() -> list[str]:
    """Two dead letters, and one that was sent."""
    now = clock.now()
    with mailbox(lambda stage, to: "550 5.1.1 Unknown" if stage == RCPT and "cleo" not in to else None):
        ids = queued("ada", "bert", "cleo", now=now - MINUTE)
        deliver_due(now=now)
    return ids


def test_the_list_shows_what_became_of_each_mail(console: Console, dead: list[str]) -> None:
    queued("dora")

    rows = {row[2]: row for row in console.get(MAILS).rows}

    fault = "550 at RCPT: 5.1.1 Unknown"
    assert rows["ada@example.com"][1:] == ["dead letter", "ada@example.com", "test", "1", "-", fault]
    assert rows["cleo@example.com"][1::2] == ["sent", "test", "-"]
    assert rows["dora@example.com"][1::3] == ["queued", "0"]
    assert len(dead) == 3


def test_it_is_narrowed_by_state_time_and_template_and_searched_by_address(
    console: Console, dead: list[str]
) -> None:
    def addresses(**query: str) -> list[str]:
        return sorted(row[2].partition("@")[0] for row in console.get(MAILS, **query).rows)

    assert addresses(status="dead_letter") == ["ada", "bert"]
    assert addresses(status="sent", template="test") == ["cleo"]
    assert addresses(template="test", created_at="today") == ["ada", "bert", "cleo"]
    assert addresses(created_at="2020-01-01") == []
    assert addresses(q="bert@example.com") == ["bert"]
    assert addresses(q=dead[0]) == ["ada"]
    assert console.get("/admin/find/", q=dead[0]).goes_to == page_of(dead[0])


def test_the_page_of_a_mail_tells_its_way_and_none_of_its_words(console: Console, dead: list[str]) -> None:
    page = console.get(page_of(dead[0]))

    assert page.field("Status") == "dead letter"
    assert page.field("Fault") == "550 at RCPT: 5.1.1 Unknown"
    assert page.table("What it is about") == [
        ["asked_by", "shell:tests"],
        ["asked_at", "2026-11-25 12:00:00 UTC"],
    ]
    assert "there is nothing to be done" not in page.text
    assert "/admin/ops/mail/templates/test/" in page.links


def test_a_dead_letter_is_sent_again_and_that_is_audited(
    console: Console, staff: Person, dead: list[str], box: Mailbox
) -> None:
    answer = console.confirm(page_of(dead[0]), "resend", reason="the mailbox is there now")

    assert console.get(answer.goes_to).told == "Resend test (dead_letter): done."
    assert states()["ada"] == ("queued", 0, None)
    (entry,) = audit("mail.resent")
    assert (entry["actor"], entry["target"]) == (staff.id, dead[0])
    deliver_due(now=clock.now() + MINUTE)
    assert box.deliveries_of(mail(dead[0])["message_id"]) == 1
    assert console.get(page_of(dead[0])).table("Latest changes")[0][1] == "mail.resent"


def test_many_are_sent_again_at_once_but_no_other(console: Console, dead: list[str]) -> None:
    page = console.confirm(f"{MAILS}?status=dead_letter", "resend", *dead)

    assert [line[1] for line in page.table("What became of it")] == ["done", "done", "unchanged"]
    assert {name: state[0] for name, state in states().items()} == {
        "ada": "queued",
        "bert": "queued",
        "cleo": "sent",
    }
    assert [entry["target"] for entry in audit("mail.resent")] == dead[:2]


def test_without_the_right_nothing_is_sent_again_or_seen(helper: Person, dead: list[str]) -> None:
    console, before = Console(helper), documents("email_outbox", "audit_log")

    answers = [
        console.confirm(page_of(dead[0]), "resend"),
        console.get(MAILS),
        console.get(f"{MAILS}templates/"),
        console.get(f"{MAILS}templates/test/"),
    ]

    assert [each.status for each in answers] == [403] * 4
    assert documents("email_outbox", "audit_log") == before


def test_it_says_above_all_that_there_is_no_mail_server(console: Console) -> None:
    with override_settings(MAIL_SERVER=None):
        page, first = console.get(MAILS), console.get("/admin/")

    assert NO_SERVER in page.text
    assert first.table("E-mail")[:2] == [["Mail server", "no mail server is set"], ["Outbox", NO_SERVER]]
    assert NO_SERVER not in console.get(MAILS).text


def test_the_first_page_tells_how_mail_is_doing(console: Console, dead: list[str]) -> None:
    assert console.get("/admin/").table("E-mail") == [
        ["Mail server", "smtp://127.0.0.1:1"],
        ["Outbox", "nothing that is due waits"],
        ["Dead letters", "2 wait for a person"],
    ]
    assert f"{MAILS}?status=dead_letter" in console.get("/admin/").links
    queued("dora", now=clock.now() - timedelta(minutes=11))
    assert console.get("/admin/").table("E-mail")[1][1].startswith("The oldest mail that is due waits since ")
    assert len(dead) == 3


def test_each_template_is_shown_with_made_up_facts_in_light_and_dark(console: Console) -> None:
    names = [row[0] for row in console.get(f"{MAILS}templates/").table("Templates")]

    assert names == [each.name for each in templates.every()]
    for name in names:
        page = console.get(f"{MAILS}templates/{name}/")
        assert page.status == 200
        frames = re.findall(r'<iframe class="mail" sandbox="([^"]*)"[^>]* srcdoc="([^"]*)"', page.html)
        assert [sandbox for sandbox, _ in frames] == ["allow-popups allow-popups-to-escape-sandbox"] * 2
        assert ["@media all" in html for _, html in frames] == [False, True]
        assert ["@media not all" in html for _, html in frames] == [True, False]
    assert "shell:operator" in console.get(f"{MAILS}templates/test/").text
    assert console.get(f"{MAILS}templates/nothing/").status == 404


def test_a_server_that_refuses_us_is_told_after_the_third_time(console: Console) -> None:
    now = clock.now()
    queued("ada")
    with mailbox(at("MAIL", "530 5.7.0 Authentication required")):
        for day in range(1, 3):
            deliver_due(now=now + timedelta(days=day))
        assert "cannot be used" not in console.get(MAILS).text
        deliver_due(now=now + timedelta(days=3))

    told = "The mail server cannot be used: 530 at MAIL: 5.7.0 Authentication required."
    assert told in console.get(MAILS).text
