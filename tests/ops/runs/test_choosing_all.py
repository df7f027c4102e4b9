"""All that a list's filters leave, from a box below the list to a run."""

import re
import threading

import pytest

from families.rules.limits import LimitType
from family_site.identity.roles import Role
from ops import clock
from ops.console import starting
from ops.ids import new_id
from ops.runs import records
from ops.runs.records import NAME, PARTS
from ops.runs.working import work_due
from tests.console import LIST, Console
from tests.database import audit, documents
from tests.factories import Person, new_family, new_person, new_staff
from tests.ops.runs.world import REASON, RULES, add_rules, begin, rules, run

WRITTEN = ("access_rules", "audit_log", NAME, PARTS)
pytestmark = pytest.mark.usefixtures("staff")


def test_a_list_of_several_pages_offers_all_that_is_left(console: Console) -> None:
    add_rules(51)

    assert 'name="every"' in console.get(RULES).html
    assert "All that there are, on the other pages, too" in console.get(RULES).text
    assert "All that search and filters leave" in console.get(RULES, list="block").text
    assert 'name="every"' not in console.get(RULES, list="allow").html


def test_few_that_are_left_are_done_at_once_as_if_each_was_chosen(console: Console) -> None:
    ids = add_rules(60)

    page = console.ask(RULES, "remove", every="1")

    assert re.findall(r'name="_selected_action" value="(\w+)"', page.html) == ids
    assert 'name="every"' not in page.html


def test_before_a_run_a_page_tells_effects_and_the_first_lines_and_changes_nothing(console: Console) -> None:
    ids = add_rules(130)
    before = documents(*WRITTEN)

    page = console.ask(f"{RULES}?list=block", "remove", every="1")

    effect = "Within two seconds nobody is kept out by it any more."
    assert page.table("What will happen") == [["change", effect, "130"]]
    assert len(page.table("The first 100")) == 100
    assert "All 130 access rules that are left chosen; 130 will be changed" in page.text
    assert (re.findall(r'name="counted" value="(\d+)"', page.html), 'name="reason"' in page.html) == (
        ["130"],
        True,
    )
    assert not any(each in page.html for each in [f'value="{ids[0]}"'])
    assert documents(*WRITTEN) == before


def test_of_very_many_only_the_first_are_looked_at_before(console: Console) -> None:
    add_rules(1001)

    page = console.ask(RULES, "remove", every="1")

    assert page.table("What will happen")[0][2] == "1,000"
    assert (
        "All 1,001 access rules that are left chosen; of the first 1,000 1,000 will be changed" in page.text
    )


def test_confirmed_the_ids_are_taken_and_a_run_begins(console: Console, staff: Person) -> None:
    ids = add_rules(130)

    page = begin(console, 130)

    found = run()
    assert page.goes_to == f"/admin/runs/{found['_id']}/"
    assert [each["ids"] for each in documents(PARTS)[PARTS]] == [ids[:50], ids[50:100], ids[100:]]
    assert (found["state"], found["total"], found["position"]) == ("running", 130, 0)
    assert (found["page"], found["action"], found["by"]["id"]) == ("ops.accessrule", "remove", staff.id)
    assert rules() == set(ids)
    (entry,) = audit("run.started")
    assert (entry["target"], entry["actor"], entry["after"]["total"]) == (found["_id"], staff.id, 130)
    assert entry["private"]["reason"] == REASON


def test_what_a_filter_leaves_out_is_not_taken(console: Console) -> None:
    add_rules(130)

    page = console.ask(
        f"{RULES}?list=allow", "remove", every="1", confirmed="1", counted="9999", reason=REASON
    )

    assert page.goes_to == f"{RULES}?list=allow"
    assert documents(NAME)[NAME] == []


@pytest.mark.parametrize("counted", ["129", "", "many", "-1", "9" * 30])
def test_if_there_are_more_than_the_page_told_of_it_asks_again(console: Console, counted: str) -> None:
    add_rules(130)

    page = console.ask(RULES, "remove", every="1", counted=counted, confirmed="1", reason=REASON)

    assert "There are more by now: look at it again. Nothing was changed." in page.text
    assert 'name="counted" value="130"' in page.html
    assert documents(NAME)[NAME] == []


def test_without_a_reason_nothing_begins(console: Console) -> None:
    add_rules(130)

    page = console.ask(RULES, "remove", every="1", counted="130", confirmed="1", reason="no")

    assert "This cannot be taken so. Nothing was changed." in page.text
    assert documents(NAME)[NAME] == []


def test_who_may_not_do_it_to_one_may_not_do_it_to_all() -> None:
    add_rules(130)
    auditor, operator = Console(new_staff(Role.AUDITOR)), Console(new_staff(Role.OPERATOR))

    assert 'name="every"' not in auditor.get(RULES).html
    assert begin(auditor, 130).status == 403
    assert operator.ask(LIST["users"], "disable", every="1").status == 403
    assert operator.ask(RULES, "disable", every="1").status == 403
    assert documents(NAME)[NAME] == []


def test_a_second_click_of_the_button_begins_no_second_run(console: Console) -> None:
    add_rules(130)
    asked = console.ask(RULES, "remove", every="1").html
    (run_id,) = re.findall(r'name="run" value="(run_[0-9a-f]{30})"', asked)

    first = begin(console, 130, run=run_id)
    work_due(now=clock.now(), seconds=0)
    second = begin(console, 130, run=run_id)

    assert first.goes_to == second.goes_to == f"/admin/runs/{run_id}/"
    assert (run()["_id"], len(rules())) == (run_id, 80)
    assert len(audit("run.started")) == 1


def test_the_run_of_somebody_else_is_not_taken_for_ones_own(console: Console) -> None:
    add_rules(130)
    begin(console, 130)
    before = documents(*WRITTEN)

    page = begin(Console(new_staff(Role.OPERATOR)), 130, run=run()["_id"])

    assert (page.status, "Somebody else has begun a run of this id." in page.text) == (409, True)
    assert documents(*WRITTEN)[NAME] == before[NAME]


def test_the_button_pressed_at_the_same_moment_begins_one_run(staff: Person) -> None:
    wanted = records.Wanted("ops.accessrule", "remove", "Remove", "ops.manage_access", {}, REASON)
    run_id, ids, told = new_id("run"), add_rules(130), []

    def press() -> None:
        told.append(records.start(wanted, ids, actor=staff.actor, now=clock.now(), run_id=run_id))

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert told == [run_id] * 4
    assert (len(audit("run.started")), len(documents(PARTS)[PARTS])) == (1, 3)


def test_of_more_than_a_run_takes_none_is_done(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "MOST", 120)
    add_rules(121)

    assert begin(console, 121).goes_to == RULES
    assert console.get(RULES).told == (
        "More than 120 are left; so many are possible at a time. Filter the list. Nothing was changed."
    )
    assert (documents(NAME)[NAME], len(rules())) == ([], 121)


def test_what_else_a_form_asks_for_is_kept_as_it_was_typed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MOST_CHOSEN", 1)
    for _ in range(2):
        new_family(new_person())
    asked = {str(LimitType.FAMILIES): " 7", "reason": REASON, "other": "x"}

    page = console.ask(LIST["people"], "change_limits", every="1", counted="2", confirmed="1", **asked)

    assert page.goes_to.startswith("/admin/runs/")
    said = run()["said"]
    assert {each: said[each] for each in said if said[each]} == {
        str(LimitType.FAMILIES): " 7",
        "reason": REASON,
    }
    work_due(now=clock.now())
    assert run()["counts"] == {"done": 2}


@pytest.mark.parametrize("odd", ["\0", "x" * 5_000, "\N{SUPERSCRIPT TWO}", "run_" + "0" * 29 + "\n"])
def test_odd_words_in_the_form_begin_nothing(console: Console, odd: str) -> None:
    add_rules(130)

    assert console.ask(RULES, odd, every="1").status == 403
    assert (
        console.ask(RULES, "remove", every="1", counted=odd, run=odd, confirmed="1", reason=REASON).status
        == 200
    )
    assert documents(NAME)[NAME] == []
