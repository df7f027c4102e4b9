"""What a mail looks like to its reader and to the servers on its way. Source: design, section 6."""

import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ops import clock
from ops.outbox import rendering, templates
from ops.outbox.delivery import deliver_due
from ops.outbox.rendering import Rendered, UnusableAddressError, one_line
from ops.outbox.templates import Template
from tests.mailbox import Mailbox
from tests.ops.outbox.queued import MINUTE, mail, queued

NASTY = '<script>alert(1)</script> & "Ömer\'s" {{ x }}'
MAIL = {"to": "ada@example.com", "message_id": "<mail_1@localhost>"}


def sent(box: Mailbox) -> Any:
    deliver_due(now=clock.now() + MINUTE)
    (delivery,) = box.deliveries
    return delivery


def test_a_mail_has_its_headers_its_text_and_the_same_as_html(box: Mailbox) -> None:
    (ada,) = queued("ada")
    before = clock.now().replace(microsecond=0)

    delivery = sent(box)

    message = delivery.message
    assert message["From"] == "Families <no-reply@families.example.com>"
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "A test of the Family Management System"
    assert message["Message-ID"] == mail(ada)["message_id"] == f"<{ada}@localhost>"
    assert before <= message["Date"].datetime <= clock.now() + 2 * MINUTE
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    for kind in ("plain", "html"):
        assert "2026-11-25 12:00:00 UTC by shell:tests" in " ".join(delivery.part(kind).split())


def test_what_people_wrote_is_text_in_both_parts(box: Mailbox) -> None:
    queued("ada", context={"asked_by": NASTY, "asked_at": "now"})

    delivery = sent(box)

    assert NASTY in delivery.part("plain")
    assert "<script>" not in delivery.part("html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Ömer&#x27;s&quot; {{ x }}" in delivery.part(
        "html"
    )


@given(st.text())
def test_a_subject_is_one_line_whatever_is_in_it(text: str) -> None:
    content = Rendered(one_line(text), "text\n", "<p>html</p>\n")

    raw = rendering.message(MAIL, content, now=clock.now()).as_bytes()

    message = message_from_bytes(raw, policy=default)
    names = [name for name, _ in message.items()]
    assert sorted(names) == sorted(
        [
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
            *("MIME-Version", "Content-Type"),
        ]
    )
    assert message["To"] == "ada@example.com"


@pytest.mark.parametrize(
    "name", ["Larks\r\nBcc: all@example.com", "Larks\nBcc: x", "Larks\u2028Bcc: x", "Larks\x00"]
)
@pytest.mark.usefixtures("kept_templates")
def test_a_name_in_a_subject_begins_no_header(name: str) -> None:
    template = Template("test", "You are invited to {family}", dict, {"family": name})

    subject = rendering.rendered(template, {**template.sample, "asked_by": "", "asked_at": ""}).subject

    assert subject == f"You are invited to {' '.join(re.sub('[^A-Za-z: @.]', ' ', name).split())}"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.com", "ada@exa mple.com", "ada@example.com\r\nBcc: bert@example.com"],
)
def test_what_is_no_address_never_gets_into_a_header(box: Mailbox, address: str) -> None:
    with pytest.raises(UnusableAddressError):
        rendering.message({**MAIL, "to": address}, Rendered("s", "t\n", "h\n"), now=clock.now())
    assert box.deliveries == []


def test_every_byte_on_the_way_is_plain_and_every_line_short() -> None:
    content = Rendered("Ünvited " * 20, "ö" * 3000 + "\n", f"<p>{'ä' * 3000}</p>\n")

    raw = rendering.message(MAIL, content, now=clock.now()).as_bytes()

    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78


def test_an_address_with_other_letters_is_sent_to_a_server_that_takes_them(box: Mailbox) -> None:
    queued("zoë")

    assert sent(box).to == "zoë@example.com"


@override_settings(MAIL_FROM='"Fämily, Ünit" <no-reply@families.example.com>')
def test_the_senders_name_may_hold_any_letter(box: Mailbox) -> None:
    queued("ada")

    delivery = sent(box)

    assert delivery.sender == "no-reply@families.example.com"
    (address,) = delivery.message["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Fämily, Ünit", "no-reply@families.example.com")


def test_every_registered_template_can_be_shown_and_loads_nothing() -> None:
    for template in templates.every():
        shown = rendering.rendered(template, template.sample)

        assert shown.subject == one_line(shown.subject) != ""
        assert "{" not in shown.subject
        assert not re.search(
            r"<(img|script|link|iframe|table)\b|url\(|@import|@font-face| on\w+=", shown.html
        )
        assert "prefers-color-scheme: dark" in shown.html
        assert len(shown.text) > 100
        assert "<" not in re.sub(r"<\S+@\S+>", "", shown.text)
        links = set(re.findall(r'href="([^"]+)"', shown.html))
        assert {each for each in links if each not in shown.text} == set()
