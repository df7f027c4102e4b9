"""/admin/runbook/fix/…/: a dry run, then a reason, then what was done; and who may do it."""

import time

import pytest

from ops import second_factor
from ops.actors import ActorKind, SecondFactor
from ops.doctor.fixes import registry
from ops.web import browsing
from tests.console import Console, Page
from tests.ops.health_console.conftest import Tried

PATH = "/admin/runbook/fix/kill_it/"
REASON = "it blocks everybody"


def confirm(console: Console, **form: str) -> Page:
    """Send the form of the dry run."""
    return console.post(PATH, {"opid": "7", "reason": REASON, **form})


def test_what_a_fix_must_be_told_is_asked_for_before_anything_is_planned(
    operator: Console, tried: Tried
) -> None:
    tried.refuses = True  # planning would show it

    page = operator.get(PATH)

    assert 'name="opid"' in page.html
    assert "of the operation" in page.text
    assert "Danger: what it did <so far> is undone" in page.text
    assert "<so far>" not in page.html
    assert 'name="reason"' not in page.html
    assert "MongoDB's own" not in page.text


def test_a_dry_run_shows_the_plan_and_changes_nothing(operator: Console, tried: Tried) -> None:
    page = operator.get(PATH, opid="<7>")

    assert "What it would do kill 7 of <7>" in page.text
    assert "<7>" not in page.html
    assert '<input type="hidden" name="opid" value="&lt;7&gt;">' in page.html
    assert 'name="reason"' in page.html
    assert "manage.py doctor --fix kill_it --opid <7>" in page.text
    assert tried.applied == []


def test_where_there_is_nothing_to_mend_nothing_is_offered(operator: Console, tried: Tried) -> None:
    tried.plan = ()

    page = operator.get(PATH, opid="7")

    assert "There is nothing to mend." in page.text
    assert 'name="reason"' not in page.html


def test_a_refusal_of_the_plan_is_said_and_nothing_is_offered(operator: Console, tried: Tried) -> None:
    tried.refuses = True

    page = operator.get(PATH, opid="7")

    assert "It is MongoDB's own." in page.text
    assert 'name="reason"' not in page.html


def test_what_is_confirmed_is_done_by_the_staff_who_confirmed_it(operator: Console, tried: Tried) -> None:
    page = confirm(operator)

    assert (page.status, "What was done kill 7 of 7" in page.text) == (200, True)
    ((given, actor, reason),) = tried.applied
    assert (given, actor.kind, actor.name, reason) == ({"opid": "7"}, ActorKind.STAFF, "olga", REASON)
    assert actor.in_console
    assert any(link.startswith("/admin/ops/auditentry/?actor=") for link in page.links)


@pytest.mark.parametrize(
    "form",
    [{"reason": ""}, {"reason": "no"}, {"opid": ""}, {"opid": "7" * 201}],
    ids=["without", "short", "untold", "long"],
)
def test_without_a_reason_or_what_it_must_be_told_nothing_is_done(
    operator: Console, tried: Tried, form: dict[str, str]
) -> None:
    page = confirm(operator, **form)

    assert "Nothing was changed." in page.text
    assert page.html.count('class="errorlist"') == 1
    assert tried.applied == []


def test_what_the_fix_refuses_is_said_and_no_success_is_claimed(operator: Console, tried: Tried) -> None:
    tried.refuses = True

    page = confirm(operator)

    assert "Refused: It is MongoDB's own." in page.text
    assert "What was done" not in page.text
    assert "nothing to mend" not in page.text


def test_what_was_mended_meanwhile_is_said(operator: Console, tried: Tried) -> None:
    tried.plan = ()

    page = confirm(operator)

    assert "There was nothing to mend. Nothing was changed." in page.text


def test_who_may_only_see_is_shown_the_plan_and_told_what_is_missing(auditor: Console, tried: Tried) -> None:
    page = auditor.get(PATH, opid="7")

    assert "kill 7 of 7" in page.text
    assert "ops.apply_fixes" in page.text
    assert 'name="reason"' not in page.html
    assert confirm(auditor).status == 403
    assert tried.applied == []


def test_who_has_a_second_factor_shows_it_before_anything_is_done(
    operator: Console, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "standing", lambda **_facts: SecondFactor.SHOWN)

    answer = confirm(operator)

    assert (answer.status, answer.goes_to) == (302, f"/second-factor/confirm?next={PATH}")
    assert tried.applied == []
    session = operator.client.session
    session[browsing.FRESH_UNTIL] = time.time() + 60
    session.save()
    assert "What was done" in confirm(operator).text


def test_a_fix_that_is_not_there_is_not_found(operator: Console) -> None:
    assert operator.get("/admin/runbook/fix/nothing/").status == 404
    assert operator.post("/admin/runbook/fix/nothing/", {"reason": REASON}).status == 404


def test_a_fix_that_moves_tokens_is_for_those_who_may_reverse_transactions(operator: Console) -> None:
    path = "/admin/runbook/fix/correct_balance/"

    mends = registry.find("correct_balance")

    assert mends is not None
    assert mends.permission == "tokens.reverse_transaction"
    assert operator.post(path, {"account": "sbd_nobody", "reason": REASON}).status == 403
