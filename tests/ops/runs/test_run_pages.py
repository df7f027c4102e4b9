"""The pages of runs: how far each is, what was not done and why, stop and resume, and who may see it."""

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.mongo.collections import collection
from ops.runs.records import BATCH
from ops.runs.working import work_due
from tests.console import Console
from tests.factories import new_staff
from tests.ops.runs.world import REASON, RULES, add_rules, begin, run

NUMBER = 130


@pytest.fixture
def page_of_run(console: Console) -> str:
    """The page of a run that has begun."""
    add_rules(NUMBER)
    return begin(console, NUMBER).goes_to


def test_while_it_runs_its_page_tells_how_far_it_is_and_comes_anew(
    console: Console, page_of_run: str
) -> None:
    work_due(now=clock.now(), seconds=0)

    page = console.get(page_of_run)

    assert page.raw.headers["Refresh"] == f"3; url={page_of_run}?refreshed=1"
    assert '<progress max="130" value="50"' in page.html
    assert "50 of 130, at work." in page.text
    assert page.table("What became of them") == [
        *(["done", "50"], ["unchanged", "0"], ["refused", "0"], ["unknown", "0"], ["waiting", "80"])
    ]
    assert REASON in page.text
    assert "Refresh" not in console.get(page_of_run, still="1").raw.headers


def test_once_it_is_over_its_page_stays_and_names_what_was_not_done(
    console: Console, page_of_run: str
) -> None:
    collection("access_rules").delete({"value": "10.7.0.3"})
    work_due(now=clock.now(), seconds=60)

    page = console.get(page_of_run)

    assert "Refresh" not in page.raw.headers
    assert "130 of 130." in page.text
    assert [each[1:] for each in page.table("Not done, the first of them")] == [
        ["refused", "There is nothing here."]
    ]
    assert "<button" not in page.html.partition('id="content-main"')[2].partition("</section>")[0]


def test_all_documents_are_listed_part_by_part_with_links(console: Console, page_of_run: str) -> None:
    work_due(now=clock.now(), seconds=0)

    first, third = console.get(page_of_run, part="0"), console.get(page_of_run, part="2")

    assert [each[1] for each in first.table("Documents 1 to 50")] == ["done"] * BATCH
    waiting = third.table("Documents 101 to 130")
    assert {each[1] for each in waiting} == {"waiting"}
    assert len(waiting) == NUMBER - 2 * BATCH
    assert any(each.startswith(RULES) and "change" in each for each in third.links)
    assert {"?part=1"} == {each for each in first.links if each.startswith("?part=")}
    assert console.get(page_of_run, part="3").status == 404
    for odd in ("x", "-1", "9" * 20, "\N{SUPERSCRIPT TWO}"):
        assert console.get(page_of_run, part=odd).status in {400, 404}


def test_stop_and_resume_are_one_click_each(console: Console, page_of_run: str) -> None:
    console.get(page_of_run)
    assert console.post(f"{page_of_run}stop/").goes_to == page_of_run
    page = console.get(page_of_run)
    assert page.told == "It is stopped: what is at work is ended, and nothing more is begun."
    assert "Stopped by operator." in page.text
    assert f'action="{page_of_run}resume/"' in page.html
    assert work_due(now=clock.now()) == 0
    console.post(f"{page_of_run}stop/")
    assert console.get(page_of_run).told == "The run is stopped."

    console.post(f"{page_of_run}resume/")

    assert console.get(page_of_run).told == "It goes on with what is left."
    assert work_due(now=clock.now(), seconds=60) == NUMBER


def test_nothing_is_done_by_looking_nor_by_other_words(console: Console, page_of_run: str) -> None:
    before = run()

    assert console.get(f"{page_of_run}stop/").goes_to == page_of_run
    assert console.post(f"{page_of_run}end/").status == 404
    assert console.post("/admin/runs/run_nowhere/stop/").status == 404
    assert run() == before


def test_who_may_not_do_it_by_hand_does_not_even_see_it(console: Console, page_of_run: str) -> None:
    auditor, operator = Console(new_staff(Role.AUDITOR)), Console(new_staff(Role.OPERATOR))

    assert auditor.get(page_of_run).status == 404
    assert auditor.post(f"{page_of_run}stop/").status == 404
    assert auditor.get("/admin/runs/").table("Runs, the newest first") == []
    assert "Runs at work" not in auditor.get("/admin/").text
    assert operator.get(page_of_run).status == 200
    for seen in (console, operator):
        assert "Remove rules: 130 access rules" in seen.get("/admin/runs/").text
        assert seen.get("/admin/").table("Runs at work")[0][4] == "0 of 130"
    operator.post(f"{page_of_run}stop/")
    assert run()["state"] == "stopped"


def test_who_may_not_see_the_documents_does_not_see_the_run(page_of_run: str) -> None:
    of_people = {"page": "identity.user", "permission": "ops.clear_counters"}
    collection("console_runs").update({"_id": run()["_id"]}, {"$set": of_people})

    assert Console(new_staff(Role.OPERATOR)).get(page_of_run).status == 404
    assert Console(new_staff(Role.SUPPORT)).get(page_of_run).status == 200


def test_the_first_page_shows_runs_only_while_they_run(console: Console, page_of_run: str) -> None:
    assert page_of_run in console.get("/admin/").links

    work_due(now=clock.now(), seconds=60)

    assert "Runs at work" not in console.get("/admin/").text


def test_whose_run_it_is_sees_it_also_without_the_right(page_of_run: str) -> None:
    other = new_staff(Role.AUDITOR)
    assert Console(other).get(page_of_run).status == 404

    collection("console_runs").update({"_id": run()["_id"]}, {"$set": {"by.id": other.id}})

    assert Console(other).get(page_of_run).status == 200


def test_the_search_box_leads_to_a_run_by_its_id(console: Console, page_of_run: str) -> None:
    assert console.get("/admin/find/", q=run()["_id"]).goes_to == page_of_run


def test_the_search_box_tells_a_run_that_is_not_theirs_to_see_from_none_in_no_way(page_of_run: str) -> None:
    other = Console(new_staff(Role.AUDITOR))

    pages = [other.get("/admin/find/", q=each).goes_to for each in (run()["_id"], "run_nowhere")]

    assert pages == [page_of_run, "/admin/runs/run_nowhere/"]
    assert {other.get(each).status for each in pages} == {404}
