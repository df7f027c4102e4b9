"""The tables of the runbook: each line, symptom, item and part has a row, and no row leads nowhere."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from ops.doctor import registry
from ops.doctor.fixes import registry as fixes
from ops.runbook import pages
from tests.ops.deploy import monitored

ROOT = Path(__file__).resolve().parents[3]
README = pages.FOLDER / "README.md"
LAST = {"R": 113, "C": 52, "S": 24, "E": 24}
WIDTH = {"R": 3, "C": 2, "S": 2, "E": 2}
BY_HAND = "by hand"
REFERENCE = re.compile(r"`([^`]+)`")
# How the commands begin that change nothing.
LOOKING = (
    r"manage\.py (doctor|errors|deployments|verify_ledger|can_spend)\b(?!.*--(fix|apply))",
    r"manage\.py (limits show|access list|incident list|security_events.*)$",
    r"manage\.py breach_scope\b",
    r"pgrep|ss |top -b|(sudo )?(journalctl|tail)|cat /proc|grep|curl -s http",
    r"redis-cli --scan --pattern \"session:\*\"$",
    r"mongosh --eval \"db\.hello\(\)\"$",
    r"sudo openssl|date|ops/deploy/switch --list$",
)
LINK = re.compile(r"\[[^\]]+\]\((?P<file>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")


def rows() -> dict[str, list[str]]:
    """Return the cells behind each id; an id that stands twice is a mistake."""
    found: dict[str, list[str]] = {}
    for line in README.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if re.fullmatch(r"[RCSE]\d+", cells[0]):
            assert cells[0] not in found
            found[cells[0]] = cells[1:]
    return found


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page, as they are made of its headings."""
    found: set[str] = set()
    for line in re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines():
        if line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            more = (f"{words}-{number}" for number in range(1, len(found) + 2))
            found.add(words if words not in found else next(name for name in more if name not in found))
    return found


def fault_of(reference: str) -> str | None:
    """Return why a reference leads nowhere; ``None``: it leads somewhere."""
    kind, _, name = reference.partition(":")
    known = {
        "doctor": lambda: name in {check.name for check in registry.checks(deep=True)},
        "fix": lambda: fixes.find(name) is not None,
        "metric": lambda: name in monitored.documented(),
        "alert": lambda: name in monitored.alerts(),
    }
    if kind in known:
        there = known[kind]()
    elif reference.startswith("manage.py "):
        there = reference.removeprefix("manage.py ") in get_commands()
    else:
        there = (ROOT / reference).exists()
    return None if there else reference


@pytest.mark.parametrize("letter", list(LAST))
def test_every_id_has_a_row(letter: str) -> None:
    wanted = [f"{letter}{number:0{WIDTH[letter]}}" for number in range(1, LAST[letter] + 1)]

    assert [name for name in rows() if name.startswith(letter)] == wanted


def test_every_row_leads_somewhere() -> None:
    served = {name: cells[-1] for name, cells in rows().items()}
    empty = [name for name, text in served.items() if text != BY_HAND and not REFERENCE.findall(text)]
    lost = {
        name: [each for each in map(fault_of, REFERENCE.findall(text)) if each]
        for name, text in served.items()
    }

    assert empty == []
    assert {name: each for name, each in lost.items() if each} == {}
    assert [name for name, text in served.items() if text == BY_HAND and name[0] != "C"] == []


def test_every_row_names_the_page_on_which_it_stands() -> None:
    for name, (place, *_) in rows().items():
        found = LINK.fullmatch(place)
        assert found, name
        page = pages.page(int(found["file"][:2]))
        assert page, name
        if name.startswith("R"):
            (step,) = [step for step in page.steps if name in step.ids]
            assert found["anchor"].rstrip("-0123456789").startswith(_anchor(step.title)), name


def test_rows_of_lines_tell_what_the_pages_tell() -> None:
    steps = {name: step for page in pages.all_pages() for step in page.steps for name in step.ids}

    assert {name: cells[1] for name, cells in rows().items() if name[0] == "R"} == {
        name: str(steps[name].kind) for name in steps if name.startswith("R")
    }


@pytest.mark.parametrize("letter", ["S", "E"])
def test_symptoms_and_parts_stand_on_the_page_of_their_section(letter: str) -> None:
    for name, cells in rows().items():
        found = LINK.fullmatch(cells[0])
        if name.startswith(letter):
            assert found
            assert f"({name})" in (README.parent / found["file"]).read_text(), name


def test_no_link_of_the_runbook_is_broken() -> None:
    for path in sorted(README.parent.glob("*.md")):
        for found in LINK.finditer(path.read_text()):
            there = path.parent / found["file"] if found["file"] else path
            assert there.exists(), (path.name, found[0])
            if found["anchor"]:
                assert found["anchor"] in anchors(there), (path.name, found[0])


def test_a_step_in_the_place_of_one_that_changes_nothing_changes_nothing_either() -> None:
    looking = re.compile("|".join(LOOKING))
    steps = [step for page in pages.all_pages() for step in page.steps if step.kind != pages.Kind.CHANGE]

    assert [step.instead for step in steps if step.instead and not looking.match(step.instead)] == []


def test_the_image_is_given_the_pages() -> None:
    assert "!docs/runbook" in (ROOT / ".dockerignore").read_text().splitlines()


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
