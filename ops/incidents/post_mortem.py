"""The text that a post-mortem begins with: filled with what is known, and with questions for people.

It names nobody as guilty: what the system let happen is what can be changed. Source: runbook inventory, C14.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ops.incidents import bundling, timeline
from ops.incidents.kinds import Severity
from ops.mongo.collections import Document

OPEN = "(to be written)"
WHYS = 5


def template(incident: Document, now: datetime) -> str:
    """Return the text in Markdown; one that somebody has written already is returned as it is.

    Raises:
        DatabaseUnavailableError, PyMongoError: MongoDB cannot be asked.
    """
    if incident["post_mortem"]:
        return str(incident["post_mortem"]["text"])
    parts = [
        [f"# {_plain(incident['title'])}", "", *_head(incident)],
        ["## What users noticed", "", *_impact(incident)],
        ["## What happened", "", *_timeline(incident, now)],
        ["## Why it happened", "", *_causes(incident), "", *_whys()],
        ["## What was learnt", "", *_questions()],
        ["## What is done so that it does not happen again", "", *_follow_ups(incident)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _head(incident: Document) -> Iterator[str]:
    opened, severity = incident["opened_at"], Severity(incident["severity"])
    yield "Nobody is to blame: this text asks what in the system, and in how we work, let it happen."
    yield ""
    yield from _table(
        ("", ""),
        [
            ("Incident", incident["_id"]),
            ("Kind and severity", f"{incident['kind']}, {severity.upper()}"),
            ("Runbook", f"section {incident['section']}" if incident["section"] else "-"),
            ("Opened", f"{_moment(opened)}, by {incident['opened_by']}"),
            (
                "Acknowledged",
                _against(incident["acknowledged_at"], opened, severity.acknowledge_within),
            ),
            ("Resolved", _against(incident["resolved_at"], opened, severity.fix_within)),
            ("Resolution", incident["resolution"] or OPEN),
        ],
    )


def _against(moment: datetime | None, opened: datetime, within: timedelta) -> str:
    """Say when something was done, after how long, and whether that was in time."""
    if moment is None:
        return "not yet"
    took = moment - opened
    due = f"due within {_span(within)}" if within else "due at once"
    late = f", {_span(took - within)} late" if within and took > within else ""
    return f"{_moment(moment)}, after {_span(took)} ({due}{late})"


def _impact(incident: Document) -> Iterator[str]:
    impact = incident["impact"]
    if not impact:
        yield f"Nothing was measured. {OPEN}"
        return
    yield from _table(
        ("", f"from {_moment(impact['since'])} to {_moment(impact['at'])}"),
        [
            ("Requests", _known(impact["requests"])),
            ("of them failed", _known(impact["failed"])),
            ("Users who met a failure", _known(impact["users"])),
            ("Families who met a failure", _known(impact["families"])),
        ],
    )
    failing = [each for each in impact["routes"] if each["failed"]]
    if failing:
        yield ""
        rows = [(f"`{each['route']}`", each["requests"], each["failed"]) for each in failing]
        yield from _table(("Route", "requests", "failed"), rows)
    yield from ("", *impact["unknown"]) if impact["unknown"] else ()
    charts = bundling.charts(incident) if incident["bundle"] else []
    if charts:
        yield from ("", f"Graphs: {', '.join(f'`{each}`' for each in charts)} in the bundle.")


def _timeline(incident: Document, now: datetime) -> Iterator[str]:
    rows = [
        (_moment(each.at), each.kind.replace("_", " "), each.text, each.who or "-")
        for each in timeline.lines(incident, now)
    ]
    yield from _table(("UTC", "kind", "what", "who"), rows)


def _causes(incident: Document) -> Iterator[str]:
    doctor = incident["doctor"]
    found = [each for each in doctor["unwell"] if not each["explained_by"]] if doctor else []
    for each in found:
        yield f"- doctor:{each['name']}: {_plain('; '.join(each['evidence']))}"
        if each["cause"]:
            yield f"  Cause: {_plain(each['cause'])}."
    if not found:
        yield f"Doctor named no cause. {OPEN}"


def _whys() -> Iterator[str]:
    for number in range(1, WHYS + 1):
        yield f"{number}. Why{' was that' if number > 1 else ' did it happen'}? {OPEN}"


def _questions() -> Iterator[str]:
    for question in (
        "What went well?",
        "What went badly?",
        "Where were we lucky?",
        "How did we learn of it, and how could we have learnt of it earlier?",
        "What did whoever was on call need, and not have at hand?",
    ):
        yield f"- {question} {OPEN}"


def _follow_ups(incident: Document) -> Iterator[str]:
    if not incident["follow_ups"]:
        yield f"Nothing is planned. {OPEN}"
        return
    rows = [
        (each["what"], each["owner"], each["due"], _moment(each["done_at"]) if each["done_at"] else "open")
        for each in incident["follow_ups"]
    ]
    yield from _table(("What", "owner", "due", "done"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for cells in rows:
        yield f"| {' | '.join(_plain(each) for each in cells)} |"


def _plain(cell: object) -> str:
    """Return words that stay in their line and in their cell."""
    return " ".join(str(cell).split()).replace("|", "\\|")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _known(figure: int | None) -> str:
    return "not known" if figure is None else f"{figure:,}"
