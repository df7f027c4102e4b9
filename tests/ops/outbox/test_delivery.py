"""Delivery through a real mail server: every way from one state of a mail to another.

Source: HTTP contract, sections 17 (e-mail) and 18 (rule 18); design, section 6.
"""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import override_settings

from ops import clock
from ops.outbox.delivery import USUAL, deliver_due
from ops.outbox.pace import Pace
from ops.outbox.states import is_any_due
from tests.database import documents
from tests.mailbox import DATA, HANG_UP, MAIL, RCPT, Mailbox, at, greylisting, in_turn, mailbox
from tests.ops.outbox.queued import MINUTE, known_of_server, mail, queued, states

HASTY = Pace(connect_seconds=0.5, send_seconds=0.5)
DAY = timedelta(days=1)


def test_what_is_due_is_sent_once_and_marked(box: Mailbox) -> None:
    now = clock.now()
    ada, bert = queued("ada", "bert", now=now)

    assert deliver_due(now=now + MINUTE) == 2
    assert deliver_due(now=now + 2 * MINUTE) == 0

    assert [each.to for each in box.deliveries] == ["ada@example.com", "bert@example.com"]
    assert {each.sender for each in box.deliveries} == {"no-reply@families.example.com"}
    assert box.connections == 1
    assert states() == {"ada": ("sent", 1, None), "bert": ("sent", 1, None)}
    assert (mail(ada)["lease_until"], mail(ada)["sent_at"] is None) == (None, False)
    assert [each.message_id for each in box.deliveries] == [mail(ada)["message_id"], mail(bert)["message_id"]]


def test_what_is_not_due_yet_waits(box: Mailbox) -> None:
    now = clock.now()
    queued("ada", now=now + MINUTE)

    assert deliver_due(now=now) == 0

    assert (box.connections, states()) == (0, {"ada": ("queued", 0, None)})


def test_the_oldest_goes_first_and_a_run_has_an_end(box: Mailbox) -> None:
    now = clock.now()
    for age in (1, 3, 2):
        queued(f"aged-{age}", now=now - age * MINUTE)

    assert deliver_due(now=now, pace=replace(USUAL, run_mails=2)) == 2
    assert [each.to for each in box.deliveries] == ["aged-3@example.com", "aged-2@example.com"]
    assert deliver_due(now=now, pace=replace(USUAL, run_seconds=0)) == 0
    assert deliver_due(now=now) == 1


def test_without_a_mail_server_nothing_is_touched() -> None:
    queued("ada")
    before = documents()

    with override_settings(MAIL_SERVER=None):
        assert deliver_due(now=clock.now() + DAY) == 0

    assert documents() == before


@pytest.mark.parametrize("stage", [RCPT, DATA])
def test_what_is_refused_for_now_is_tried_again_later(stage: str) -> None:
    now = clock.now()
    (ada,) = queued("ada", now=now)

    with mailbox(in_turn(stage, "451 4.3.0 Try again", "451 4.3.0 Try again", None)) as box:
        deliver_due(now=now)
        first = mail(ada)
        deliver_due(now=now + 2 * MINUTE)
        second = mail(ada)
        deliver_due(now=now + 4 * MINUTE)

    assert (first["status"], first["attempts"]) == ("queued", 1)
    assert first["fault"] == f"451 at {stage}: 4.3.0 Try again"
    assert (
        now <= first["next_attempt_at"] <= now + MINUTE
    )  # half of it at most is the pause, the rest the run
    assert (second["status"], second["attempts"]) == ("queued", 2)
    assert states() == {"ada": ("sent", 3, None)}
    assert box.deliveries_of(first["message_id"]) == 1


def test_greylisting_delays_each_address_once() -> None:
    now, names = clock.now(), [f"person-{number}" for number in range(10)]
    queued(*names, now=now)

    with mailbox(greylisting()) as box:
        assert deliver_due(now=now) == 10
        assert {each[0] for each in states().values()} == {"queued"}
        assert deliver_due(now=now + 2 * MINUTE) == 10

    assert states() == dict.fromkeys(names, ("sent", 2, None))
    assert len(box.deliveries) == 10


@pytest.mark.parametrize("stage", [RCPT, DATA])
def test_what_is_refused_for_good_is_a_dead_letter_at_once(stage: str) -> None:
    now = clock.now()
    queued("ada", "bert", now=now)

    with mailbox(at(stage, "550 5.1.1 <ada@example.com>: no mailbox of ada", to="ada@example.com")) as box:
        assert deliver_due(now=now) == 2
        assert deliver_due(now=now + DAY) == 0

    fault = f"550 at {stage}: 5.1.1 … no mailbox of …"
    assert states() == {"ada": ("dead_letter", 1, fault), "bert": ("sent", 1, None)}
    assert box.connections == 1


def test_after_twelve_attempts_a_mail_is_given_up() -> None:
    now = clock.now()
    queued("ada", now=now)

    with mailbox(at(RCPT, "452 4.2.2 Mailbox full")) as box:
        for attempt in range(20):
            deliver_due(now=now + attempt * timedelta(hours=5, minutes=59) / 2)

    reason = "given up after 12 attempts: 452 at RCPT: 4.2.2 Mailbox full"
    assert box.asked["ada@example.com"] == 12
    assert states() == {"ada": ("dead_letter", 12, reason)}


def test_after_three_days_a_mail_is_given_up() -> None:
    now = clock.now()
    queued("ada", now=now)

    with mailbox(at(RCPT, "452 4.2.2 Mailbox full")):
        deliver_due(now=now)
        deliver_due(now=now + 3 * DAY - MINUTE)
        assert states()["ada"][:2] == ("queued", 2)
        deliver_due(now=now + 4 * DAY)

    reason = "given up after 3 attempts: 452 at RCPT: 4.2.2 Mailbox full"
    assert states() == {"ada": ("dead_letter", 3, reason)}


def test_a_server_that_is_away_costs_no_mail_an_attempt() -> None:
    now = clock.now()
    queued("ada", "bert", now=now)

    with mailbox() as box:
        box.stop()
        runs = [deliver_due(now=now + days * DAY) for days in range(5)]
        known = known_of_server()

    assert runs == [0, 0, 0, 0, 0]
    assert states() == {"ada": ("queued", 0, None), "bert": ("queued", 0, None)}
    assert (known["failures"], known["fault"]) == (5, "connection refused")
    with mailbox():
        assert deliver_due(now=now + 10 * DAY) == 2
    assert states() == {"ada": ("sent", 1, None), "bert": ("sent", 1, None)}
    assert (known_of_server()["failures"], known_of_server()["rests_until"]) == (0, None)


def test_while_the_server_rests_nobody_asks_it() -> None:
    now = clock.now()
    queued("ada", now=now)
    steady = replace(USUAL, server_pause=timedelta(0))

    with mailbox(at(MAIL, "450 4.3.2 Not now")) as box:
        deliver_due(now=now, pace=replace(USUAL, server_pause=DAY, longest_server_pause=DAY))
        asked = box.connections
        rests_until = known_of_server()["rests_until"]
        assert deliver_due(now=rests_until - timedelta(milliseconds=1), pace=steady) == 0
        assert box.connections == asked == 1
        deliver_due(now=rests_until + MINUTE, pace=steady)
        assert box.connections == 2


@pytest.mark.parametrize(
    "code", ["450 4.3.2 Not now", "530 5.7.0 Authentication required", "421 4.3.2 Closing"]
)
def test_a_sender_that_is_refused_is_nothing_against_the_mails(code: str) -> None:
    now = clock.now()
    queued("ada", "bert", now=now)

    with mailbox(at(MAIL, code)):
        for days in range(15):
            deliver_due(now=now + days * DAY)

    assert {(status, attempts) for status, attempts, _ in states().values()} == {("queued", 0)}
    with mailbox() as box:
        assert deliver_due(now=now + 20 * DAY) == 2
    assert len(box.deliveries) == 2


@pytest.mark.parametrize("stage", [RCPT, DATA])
@pytest.mark.parametrize("answer", [HANG_UP, "421 4.3.2 Closing"])
def test_a_conversation_that_breaks_off_ends_the_run(stage: str, answer: str) -> None:
    now = clock.now()
    queued("ada", now=now - MINUTE)
    queued("bert", now=now)

    with mailbox(at(stage, answer, to="ada@example.com")) as box:
        assert deliver_due(now=now) == 1
        assert states()["ada"][:2] == ("queued", 1)
        assert states()["bert"] == ("queued", 0, None)
        assert deliver_due(now=now + timedelta(seconds=29), pace=USUAL) >= 1

    assert states()["bert"] == ("sent", 1, None)
    assert [each.to for each in box.deliveries] == ["bert@example.com"]


def test_a_server_that_is_too_slow_is_left() -> None:
    now = clock.now()
    queued("ada", now=now)

    with mailbox() as box:
        box.seconds = 3.0
        assert deliver_due(now=now, pace=HASTY) == 1
        assert states() == {"ada": ("queued", 1, "not done within 0.5 s")}
        box.seconds = 0.0
        assert deliver_due(now=now + MINUTE, pace=HASTY) == 1

    assert states() == {"ada": ("sent", 2, None)}


@pytest.mark.long
def test_of_runs_at_once_no_more_speak_than_there_are_slots_and_none_twice() -> None:
    now, names = clock.now(), [f"person-{number}" for number in range(40)]
    ids = queued(*names, now=now)
    gate = threading.Barrier(8)

    def run() -> None:
        gate.wait()
        while is_any_due(now=now + MINUTE):
            deliver_due(now=now + MINUTE, pace=replace(USUAL, run_mails=5))

    with mailbox() as box:
        box.seconds = 0.005
        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert states() == dict.fromkeys(names, ("sent", 1, None))
    assert [box.deliveries_of(mail(each)["message_id"]) for each in ids] == [1] * 40
    assert box.most_open <= 2
