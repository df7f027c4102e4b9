"""Incidents as a shell shows them."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from ops.contacts import people
from ops.doctor import recording
from ops.incidents import checklists, clocks, follow_ups, green, pages, timeline
from ops.incidents.kinds import State
from ops.mongo.collections import Document

ROW = "{:30} {:3} {:12} {:13} {:16} {}"
HEAD = ROW.format("ID", "SEV", "KIND", "STATE", "OPENED (UTC)", "TITLE")
INDENT = " " * 4


def as_json(incident: Document) -> str:
    """Return it as one line of JSON; times in ISO 8601."""
    return json.dumps(incident, default=_plain)


def row(incident: Document, now: datetime) -> Iterator[str]:
    """Yield its line of a list, and its clocks beneath."""
    opened, severity = f"{incident['opened_at']:%Y-%m-%d %H:%M}", incident["severity"].upper()
    yield ROW.format(
        incident["_id"], severity, incident["kind"], incident["state"], opened, incident["title"]
    )
    running = clocks.running(incident, now)
    if running:
        yield f"{INDENT}{'; '.join(each.words for each in running)}"


def whole(incident: Document, now: datetime) -> Iterator[str]:
    """Yield how it is: clocks, who was told, what keeps it open, what doctor found, what is left."""
    yield f"{incident['severity'].upper()} {incident['kind']}, {incident['state']}: {incident['title']}"
    yield from (f"{INDENT}{each.words}" for each in clocks.running(incident, now))
    for name in ("opened", "acknowledged", "resolved"):
        if incident[f"{name}_at"]:
            yield f"{name:13} {_moment(incident[f'{name}_at'])} by {incident[f'{name}_by']}"
    if incident["resolution"]:
        yield f"{'by':13} {incident['resolution']}"
    yield from _told(incident)
    if incident["section"]:
        yield f"{'runbook':13} manage.py runbook, section {incident['section']}"
    if incident["investigate_on"]:
        yield f"{'search':13} planned for {incident['investigate_on']}"
    yield from _obstacles(incident, now)
    yield from _doctor(incident)
    yield from _impact(incident)
    if incident["bundle"]:
        yield f"{'bundle':13} {incident['bundle']['path']}"
    for each in incident["links"]:
        yield f"{'link':13} {each['what']}: {each['address']}"
    yield from _follow_ups(incident, now)


def checklist(incident: Document) -> Iterator[str]:
    """Yield its boxes by phase, with evidence, or with what helps."""
    for phase, boxes in groupby(checklists.boxes(incident), key=lambda box: box.phase):
        yield phase
        for box in boxes:
            ticked = incident["boxes"].get(box.id)
            yield f"  [{'x' if ticked else ' '}] {box.id} {box.title}"
            if ticked:
                said = " ".join(filter(None, (ticked["evidence"], ticked["note"])))
                yield f"{INDENT}      {_moment(ticked['at'])} {ticked['by']}: {said or '-'}"
            else:
                yield f"{INDENT}      {box.support}"


def happened(incident: Document, now: datetime) -> Iterator[str]:
    """Yield its timeline, the oldest first."""
    for each in timeline.lines(incident, now):
        by = f" ({each.who})" if each.who else ""
        yield f"{_moment(each.at)}  {each.kind:12} {each.text}{by}"


def _told(incident: Document) -> Iterator[str]:
    for each in pages.of(incident["_id"]):
        how = " ".join(filter(None, (f"by {each['channel']}:", each["state"], each["fault"])))
        yield f"{'told':13} {people.TITLES[each['contact']]} {how}"


def _obstacles(incident: Document, now: datetime) -> Iterator[str]:
    if incident["state"] == State.RESOLVED:
        return
    against = green.obstacles(incident, now)
    yield "Not well yet:" if against else "All has been well for 15 minutes: it can be resolved."
    yield from (f"{INDENT}{each}" for each in against)


def _doctor(incident: Document) -> Iterator[str]:
    for finding, _ in recording.causes(incident["doctor"]) if incident["doctor"] else ():
        yield f"doctor:{finding['name']} {finding['result']}: {'; '.join(finding['evidence'])}"
        if finding["remedy"]:
            yield f"{INDENT}{finding['remedy']}"


def _impact(incident: Document) -> Iterator[str]:
    impact = incident["impact"]
    if impact and impact["requests"] is not None:
        yield f"{'impact':13} {impact['failed']:,} of {impact['requests']:,} requests failed"
    if impact and impact["users"] is not None:
        yield f"{'':13} {impact['users']:,} users and {impact['families']:,} families met a failure"


def _follow_ups(incident: Document, now: datetime) -> Iterator[str]:
    for each in incident["follow_ups"]:
        late = " OVERDUE" if follow_ups.is_overdue(each, now.date()) else ""
        done = " done" if each["done_at"] else ""
        yield f"{'follow-up':13} {each['id']}  {each['what']} ({each['owner']}, {each['due']}){late}{done}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
