"""A run at work: each document once, whoever dies in the middle, and not by whom it may not be done."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from families.rules.limits import LimitType
from family_site.identity.actions import disabling, roles
from family_site.identity.roles import Role
from ops import clock
from ops.actors import Actor
from ops.console.actions import Effect
from ops.errors import ConflictError, DatabaseUnavailableError
from ops.models import AccessRule
from ops.mongo.collections import Document, collection
from ops.operators.access_admin import AccessRuleAdmin
from ops.runs import holding, records, working
from ops.runs.holding import LEASE, Line, NotHeldError
from ops.runs.records import BATCH, NAME, PARTS
from ops.runs.states import State
from ops.runs.working import MOST_STALLED, PAUSE, PutOffError, work_due
from tests.console import Console
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person, new_staff
from tests.ops.runs.world import (
    REASON,
    add_rules,
    begin,
    is_consistent,
    outcomes,
    removed,
    rules,
    run,
)

NUMBER = 104
SYSTEM = Actor.system("tests")


@pytest.fixture
def begun(console: Console) -> list[str]:
    """Ids of a run that has begun, in their order."""
    ids = add_rules(NUMBER)
    assert begin(console, NUMBER).status == 302
    return ids


def test_each_document_is_done_once_and_audited_as_by_hand(begun: list[str], staff: Person) -> None:
    assert work_due(now=clock.now(), seconds=60) == NUMBER

    found = run()
    assert (found["state"], found["position"], found["counts"]) == ("done", NUMBER, {"done": NUMBER})
    assert [(each, result) for each, result, _ in outcomes()] == [(each, "done") for each in begun]
    assert rules() == set()
    assert sorted(removed(staff)) == sorted(begun)
    entries = audit("access.removed")
    assert {each["private"]["reason"] for each in entries} == {REASON}
    assert {each["private"]["address"] for each in entries} == {"127.0.0.1"}
    assert {each["request_id"] for each in entries} == {audit("run.started")[0]["request_id"]}
    assert work_due(now=clock.now() + LEASE) == 0


def test_a_turn_is_short_and_the_next_goes_on(begun: list[str]) -> None:
    done = [work_due(now=clock.now(), seconds=0) for _ in range(4)]

    assert done == [BATCH, BATCH, NUMBER - 2 * BATCH, 0]
    assert len(begun) == len({each for each, _, _ in outcomes()})


def test_what_is_gone_or_refused_has_its_line_and_stops_no_other(begun: list[str]) -> None:
    collection("access_rules").delete({"_id": {"$in": begun[:2]}})

    work_due(now=clock.now(), seconds=60)

    found = run()
    assert found["counts"] == {"refused": 2, "done": NUMBER - 2}
    assert [each["id"] for each in found["first"]] == begun[:2]
    assert found["first"][0]["sentence"] == "There is nothing here."
    assert rules() == set()


def test_a_worker_that_dies_between_change_and_record_leaves_what_another_ends(
    begun: list[str], staff: Person
) -> None:
    now = clock.now()
    taken = holding.take(now)
    assert taken is not None
    holding.begin(taken, 0, now)
    batch = working._prepares[0](taken, begun[:3])  # noqa: SLF001  # what the dead one had done
    for each in begun[:3]:
        batch.act(each)

    assert work_due(now=now + LEASE - timedelta(seconds=1)) == 0
    assert work_due(now=now + LEASE, seconds=60) == NUMBER

    assert sorted(removed(staff)) == sorted(begun)
    found = run()
    assert (found["state"], is_consistent(found)) == ("done", True)
    assert found["counts"] == {"refused": 3, "done": NUMBER - 3}
    assert {sentence for _, result, sentence in outcomes() if result == "refused"} == {
        f"There is nothing here. {working.AGAIN}"
    }


def test_who_holds_no_run_any_more_records_nothing(begun: list[str]) -> None:
    now = clock.now()
    late = holding.take(now)
    assert holding.take(now) is None
    quick = holding.take(now + LEASE)
    assert late is not None
    assert quick is not None
    line = [Line(begun[0], "done", "", is_well=True)]
    before = documents(NAME, PARTS)

    assert holding.keep(late, now) is None
    with pytest.raises(NotHeldError):
        holding.record(late, 0, line, offset=0, now=now)

    assert documents(NAME, PARTS) == before
    holding.record(quick, 0, line, offset=0, now=now)
    with pytest.raises(NotHeldError):
        holding.record(quick, 0, line, offset=0, now=now)
    assert is_consistent(run())


def test_many_workers_at_once_do_each_document_once(begun: list[str], staff: Person) -> None:
    counts: list[int] = []
    workers = [
        threading.Thread(target=lambda: counts.append(work_due(now=clock.now(), seconds=60)))
        for _ in range(4)
    ]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    while run()["state"] == State.RUNNING:
        counts.append(work_due(now=clock.now() + LEASE, seconds=60))
    assert sum(counts) == NUMBER
    assert sorted(removed(staff)) == sorted(begun)
    assert is_consistent(run())


def test_once_stopped_no_batch_begins_and_what_was_at_work_is_recorded(
    begun: list[str], staff: Person
) -> None:
    now, run_id = clock.now(), run()["_id"]
    taken = holding.take(now)
    assert taken is not None
    records.stop(run_id, "Stopped by somebody.", actor=staff.actor, now=now)

    assert holding.keep(taken, now) is None
    holding.record(taken, 0, [Line(begun[0], "done", "", is_well=True)], offset=0, now=now)
    holding.give_back(taken, until=now)
    assert work_due(now=now + LEASE) == 0
    assert (run()["state"], run()["position"]) == ("stopped", 1)
    with pytest.raises(ConflictError, match=r"The run is stopped\."):
        records.stop(run_id, "Again.", actor=staff.actor, now=now)

    records.resume(run_id, actor=staff.actor, now=now)
    assert work_due(now=now + LEASE, seconds=60) == NUMBER - 1
    assert (run()["state"], run()["stopped"]) == ("done", None)
    told = [each["action"] for each in audit() if each["target"] == run_id]
    assert sorted(told) == ["run.resumed", "run.started", "run.stopped"]


def test_who_was_disabled_meanwhile_does_nothing_more(begun: list[str], staff: Person) -> None:
    work_due(now=clock.now(), seconds=0)
    disabling.disable(staff.id, actor=SYSTEM, now=clock.now(), reason=REASON)

    assert work_due(now=clock.now(), seconds=60) == 0

    found = run()
    assert (found["state"], found["position"]) == ("stopped", BATCH)
    assert found["stopped"]["why"] == "operator is disabled, or no member of staff any more."
    assert rules() == set(begun[BATCH:])


def test_who_lost_the_right_meanwhile_does_nothing_more_until_they_have_it_again() -> None:
    add_rules(NUMBER)
    person = new_staff(Role.OPERATOR, "oona")
    assert begin(Console(person), NUMBER).status == 302
    roles.grant(person.id, Role.AUDITOR, actor=SYSTEM, now=clock.now(), reason=REASON)
    roles.revoke(person.id, Role.OPERATOR, actor=SYSTEM, now=clock.now(), reason=REASON)

    assert work_due(now=clock.now()) == 0
    assert run()["stopped"]["why"] == "oona may not do this any more. Needed: ops.manage_access."
    assert len(rules()) == NUMBER

    roles.grant(person.id, Role.OPERATOR, actor=SYSTEM, now=clock.now(), reason=REASON)
    records.resume(run()["_id"], actor=person.actor, now=clock.now())
    assert work_due(now=clock.now(), seconds=60) == NUMBER


@pytest.mark.parametrize("gone", [{"page": "ops.gone"}, {"action": "chosen"}, {"said": {"reason": ""}}])
def test_what_the_console_does_not_offer_any_more_is_not_done(
    console: Console, begun: list[str], gone: Document
) -> None:
    collection(NAME).update({"_id": run()["_id"]}, {"$set": gone})

    assert work_due(now=clock.now()) == 0

    assert (run()["state"], rules()) == ("stopped", set(begun))
    page = console.get(f"/admin/runs/{run()['_id']}/", part="0")
    assert (page.status, run()["stopped"]["why"] in page.text) == (200, True)
    assert console.get("/admin/runs/").status == 200


def test_a_document_that_nobody_was_prepared_for_stops_no_other(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def preview(rule: AccessRule, _actor: Actor) -> Effect:
        return {each: Effect("It goes.") for each in begun[1:]}[rule.pk]

    monkeypatch.setattr(AccessRuleAdmin, "remove", replace(AccessRuleAdmin.remove, preview=preview))

    assert work_due(now=clock.now(), seconds=60) == NUMBER

    assert run()["counts"] == {"refused": 1, "done": NUMBER - 1}
    assert (run()["first"][0]["id"], rules()) == (begun[0], {begun[0]})


class Unable:
    """What acts on documents while the database is away."""

    def act(self, identifier: str) -> Line:
        """Try nothing."""
        raise PutOffError(Line(identifier, "refused", DatabaseUnavailableError().message, is_well=False))


def test_what_could_not_be_tried_is_tried_again_and_given_up_in_the_end(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(_run: Document, _ids: Any) -> Unable:
        return Unable()

    prepares = list(working._prepares)  # noqa: SLF001  # put back below
    now = clock.now()
    monkeypatch.setattr(working, "_prepares", [unable])
    assert work_due(now=now) == 0
    assert (run()["position"], run()["stalled"], run()["state"]) == (0, 1, "running")
    assert work_due(now=now + PAUSE - timedelta(seconds=1)) == 0
    collection(NAME).update({"_id": run()["_id"]}, {"$set": {"stalled": MOST_STALLED}})
    assert work_due(now=now + PAUSE * 2, seconds=0) == 1
    assert outcomes() == [(begun[0], "refused", DatabaseUnavailableError().message)]
    monkeypatch.setattr(working, "_prepares", prepares)

    assert work_due(now=now + PAUSE * 4, seconds=60) == NUMBER - 1
    assert is_consistent(run())


def test_what_the_form_asked_for_beside_the_reason_is_done_by_the_run() -> None:
    people = [new_person() for _ in range(2)]
    for each in people:
        new_family(each)
    wanted = records.Wanted(
        "families.familyperson",
        "change_limits",
        "Change limits",
        "families.change_limits",
        {str(LimitType.FAMILIES): "7", "effective_on": "", "grace_days": "", "reason": REASON},
        REASON,
    )
    staff = new_staff(Role.SUPPORT)
    records.start(wanted, [each.id for each in people], actor=staff.actor, now=clock.now())

    work_due(now=clock.now())

    assert run()["counts"] == {"done": 2}
    assert [each["target"] for each in audit("limits.changed")] == [each.id for each in people]


def test_a_run_takes_at_least_one_document_and_not_too_many(staff: Person) -> None:
    wanted = records.Wanted("ops.accessrule", "remove", "Remove", "ops.manage_access", {}, REASON)
    for ids in ([], [str(each) for each in range(records.MOST + 1)]):
        with pytest.raises(ValueError, match="a run takes 1 to 10000 documents"):
            records.start(wanted, ids, actor=staff.actor, now=clock.now())
