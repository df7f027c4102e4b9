"""Deliveries are counted by what came of them."""

from prometheus_client import REGISTRY

from ops import clock
from ops.outbox import states
from ops.outbox.delivery import USUAL
from ops.outbox.templates import NO_LONGER_WANTED
from tests.ops.outbox.queued import queued


def attempts() -> dict[str, float]:
    """Return how many attempts ended how."""
    outcomes = ("sent", "postponed", "dead")
    return {each: REGISTRY.get_sample_value("emails_total", {"outcome": each}) or 0.0 for each in outcomes}


def test_each_end_of_an_attempt_is_counted_and_what_nobody_wants_is_none() -> None:
    now, before = clock.now(), attempts()
    queued("ada", "ben", "cleo", "dara", now=now)
    claimed = [states.claim(now=now, pace=USUAL) for _ in range(4)]
    one, two, three, four = (each for each in claimed if each is not None)

    states.mark_sent(one, now=now)
    states.put_off(two, "later", now=now, pace=USUAL)
    states.bury(three, "refused")
    states.bury(four, f"{NO_LONGER_WANTED}: it was answered")

    assert attempts() == {outcome: count + 1 for outcome, count in before.items()}
