"""The boxes of the runbook: each stands once, belongs to its incidents, and names what really helps."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from ops.doctor.fixes import registry as fixes
from ops.incidents import boxes, checklists, proofs, ticking
from ops.incidents.kinds import Kind, Severity

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = re.compile(r"`([^`]+)`")
SERVICE = [f"C{number:02}" for number in range(1, 17)]
SECURITY = [f"C{number:02}" for number in range(17, 37)]
BY_SEVERITY = {
    "p1": ["C37", "C38", "C39", "C40", "C41"],
    "p2": ["C42", "C43", "C44", "C45"],
    "p3": ["C46", "C47", "C48"],
}
# Of backups, and of all being well.
AROUND = {"C12", "C18", "C32"}
# What of a reference is no command, no file and no target: paths that are served, values and options.
WORDS = {"/status", "security"}


def fault_of(reference: str) -> str | None:
    """Return a reference that leads nowhere; ``None``: it leads somewhere."""
    kind, _, name = reference.partition(":")
    if reference.startswith("manage.py "):
        there = reference.split()[1] in get_commands()
    elif reference.startswith("make "):
        target = reference.removeprefix("make ")
        there = f"\n{target}:" in (ROOT / "Makefile").read_text()
    elif kind == "fix":
        there = fixes.find(name) is not None
    else:
        there = reference in WORDS or (ROOT / reference).exists()
    return None if there else reference


def test_every_id_stands_once_and_in_order() -> None:
    assert [box.id for box in boxes.EVERY] == [f"C{number:02}" for number in range(1, 49)]


@pytest.mark.parametrize("severity", list(BY_SEVERITY))
def test_an_incident_has_the_boxes_of_its_kind_and_of_its_severity(severity: str) -> None:
    found = {
        kind: [box.id for box in checklists.boxes({"kind": str(kind), "severity": severity})] for kind in Kind
    }

    assert found[Kind.SECURITY] == SECURITY + BY_SEVERITY[severity]
    assert (
        found[Kind.OUTAGE] == found[Kind.DATA] == found[Kind.PERFORMANCE] == SERVICE + BY_SEVERITY[severity]
    )


@pytest.mark.parametrize(
    ("kind", "phases"),
    [
        (Kind.OUTAGE, ["Immediate response", "Investigation", "Resolution", "Post-incident"]),
        (
            Kind.SECURITY,
            ["Immediate response", "Assessment", "Containment", "Recovery", "Post-incident"],
        ),
    ],
)
def test_boxes_stand_in_the_phases_of_the_runbook_four_in_each(kind: Kind, phases: list[str]) -> None:
    found = checklists.boxes({"kind": str(kind), "severity": str(Severity.P2)})

    of_kind, of_severity = found[: 4 * len(phases)], found[4 * len(phases) :]
    assert [box.phase for box in of_kind] == [phase for phase in phases for _ in range(4)]
    assert {box.phase for box in of_severity} == {"High priority alert (P2)"}


def test_each_box_names_what_helps_and_that_is_there() -> None:
    named = {box.id: REFERENCE.findall(box.support) for box in boxes.EVERY}
    lost = {name: [each for each in map(fault_of, found) if each] for name, found in named.items()}

    assert {name: each for name, each in lost.items() if each} == {}


def test_a_box_that_the_system_ticks_is_one_that_something_can_be_evidence_of() -> None:
    seen = {box for found, _ in ticking.OF_ITSELF for box in found}
    seen |= {*ticking.OF_ACTS, *ticking.OF_RELEASES, *ticking.OF_EVENTS, *AROUND, *proofs.boxes()}

    assert {box.id for box in boxes.EVERY if box.auto} == seen
