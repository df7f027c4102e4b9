"""How each part that users know follows from what was found."""

import pytest

from ops.status.states import PARTS, Look, State, Web, overall

WELL = dict.fromkeys(("mongodb", "redis", "celery", "email", "sbd_tokens"), False)
DOWN, DEGRADED, FINE = State.DOWN, State.DEGRADED, State.OPERATIONAL
ALL = [part.id for part in PARTS]


def states(web: Web = Web.ANSWERS, *faulty: str, maintenance: bool = False) -> dict[str, State]:
    return Look(web, {**WELL, **dict.fromkeys(faulty, True)}, maintenance).states()


@pytest.mark.parametrize(
    ("faulty", "unwell"),
    [
        ("redis", {"api": DEGRADED, "sign_in": DEGRADED}),
        ("two_factor", {"sign_in": DEGRADED}),
        ("celery", {"families": DEGRADED, "email": DEGRADED}),
        ("email", {"email": DEGRADED}),
        ("sbd_tokens", {"tokens": DEGRADED}),
        ("mongodb", dict.fromkeys(ALL, DOWN)),
        ("of no concern to users", {}),
    ],
)
def test_a_fault_shows_in_the_parts_that_need_it_or_lean_on_it(faulty: str, unwell: dict[str, State]) -> None:
    assert states(Web.ANSWERS, faulty) == {**dict.fromkeys(ALL, FINE), **unwell}


def test_without_the_web_process_all_but_mail_is_down() -> None:
    assert states(Web.SILENT) == {**dict.fromkeys(ALL, DOWN), "email": FINE}
    assert states(Web.FALTERS) == {**dict.fromkeys(ALL, DEGRADED), "email": FINE}


def test_maintenance_is_told_whatever_is_down_for_it() -> None:
    assert set(states(Web.SILENT, "mongodb", maintenance=True).values()) == {State.MAINTENANCE}


def test_while_users_can_change_nothing_what_the_web_process_serves_is_degraded() -> None:
    assert Look(Web.ANSWERS, WELL, read_only=True).states() == {
        **dict.fromkeys(ALL, DEGRADED),
        "email": FINE,
    }


def test_what_could_not_be_asked_is_unknown_and_not_well() -> None:
    assert set(Look(Web.ANSWERS, {}).states().values()) == {State.UNKNOWN}
    assert Look(Web.SILENT, {}).states() == {**dict.fromkeys(ALL, DOWN), "email": State.UNKNOWN}


@pytest.mark.parametrize(
    ("found", "incidents", "whole"),
    [
        ([FINE] * 5, False, FINE),
        ([FINE] * 5, True, DEGRADED),
        ([FINE] * 4 + [DEGRADED], False, DEGRADED),
        ([FINE] * 4 + [DOWN], False, DEGRADED),
        ([DOWN] * 4 + [FINE], False, DOWN),
        ([State.MAINTENANCE] * 5, True, State.MAINTENANCE),
        ([State.UNKNOWN] * 5, False, State.UNKNOWN),
    ],
)
def test_the_whole_is_down_where_most_parts_are(found: list[State], *, incidents: bool, whole: State) -> None:
    assert overall(dict(zip(ALL, found, strict=True)), incidents=incidents) == whole
