"""The tables of an incident's page."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ops.actors import Actor
from ops.console import references, zones
from ops.console.showing import NOTHING, Table, minute, when
from ops.contacts import people
from ops.doctor import recording
from ops.health_console import links, pages, prose
from ops.incident_console import wording
from ops.incident_console.acts import ACTS
from ops.incident_console.rights import MANAGE
from ops.incidents import checklists, concerns, follow_ups, timeline
from ops.incidents import pages as told
from ops.incidents.timeline import Line
from ops.mongo.collections import Document


def every(incident: Document, actor: Actor, now: datetime) -> list[Table]:
    """Return them, in order; what is empty and has nothing to say is left out."""
    happened = timeline.lines(incident, now)
    names = references.resolve([*(each.who for each in happened), *_persons(incident)])
    tables = [
        _doctor(incident),
        _told(incident),
        _concerns(happened),
        _impact(incident),
        _follow_ups(incident, actor, now),
        _told_users(incident),
        _links(incident),
        _bundle(incident),
        _alerts(incident),
    ]
    shown = [each for each in tables if each is not None]
    return [*shown, *_checklist(incident, actor, names), _timeline(happened, names)]


def _persons(incident: Document) -> Iterator[str]:
    yield from (each["by"] for each in incident["boxes"].values())


def _doctor(incident: Document) -> Table:
    head = ("check", "result", "evidence", "cause", "remedy", "runbook", "fixes")
    seen = incident["doctor"]
    if seen is None:
        return Table("What doctor found", head, (), empty="Doctor has not looked since it was opened.")
    known, rows = links.sections(), []
    for finding, symptoms in recording.causes(seen):
        names = [finding["name"], *(each["name"] for each in symptoms)]
        fixes = [(links.fix(each.name), each.title) for each in links.fixes_for(names)]
        explains = f" Explains {', '.join(names[1:])}." if symptoms else ""
        rows.append(
            (
                finding["name"],
                pages.badge(finding["result"]),
                f"{'; '.join(finding['evidence'])}.{explains}",
                finding["cause"] or NOTHING,
                format_html("<code>{}</code>", finding["remedy"]) if finding["remedy"] else NOTHING,
                links.number(finding["section"], known),
                format_html_join(SafeString("<br>"), '<a href="{}">{}</a>', fixes) or NOTHING,
            )
        )
    title = f"What doctor found, {minute(seen['at'], day=False)}"
    return Table(
        title, head, rows, empty="All checks were ok.", more=(reverse("admin:health"), "As it is now")
    )


def _told(incident: Document) -> Table:
    rows = [
        (
            people.TITLES[each["contact"]],
            each["channel"],
            _occasion(each),
            " ".join(filter(None, (each["state"], each["fault"]))),
            when(each["created_at"]),
            when(each["sent_at"]),
        )
        for each in told.of(incident["_id"])
    ]
    head = ("contact", "by", "why", "state", "since", "told")
    return Table("Who is told", head, rows, empty="Nobody yet.")


def _occasion(page: Document) -> str:
    """Return why somebody is told."""
    if page["level"] is not None:
        return f"level {page['level']}"
    return "the notice is due soon" if page["text"] is None else "a text for all"


def _concerns(happened: Iterable[Line]) -> Table | None:
    rows = [
        (
            format_html('<a href="{}">{}</a>', reverse("admin:find", query={"q": each}), each),
            format_html("<code>manage.py timeline {}</code>", each),
        )
        for each in concerns.named(each.text for each in happened)
    ]
    return Table("What it concerns", ("find", "what happened to it"), rows) if rows else None


def _impact(incident: Document) -> Table:
    title, head = "Impact", ("route", "requests", "failed")
    impact = incident["impact"]
    if not impact:
        return Table(title, head, (), empty="Nothing was measured yet.")
    rows: list[Sequence[object]] = [
        (each["route"], f"{each['requests']:,}", f"{each['failed']:,}")
        for each in impact["routes"]
        if each["failed"]
    ]
    if impact["requests"] is not None:
        rows.insert(0, ("all", f"{impact['requests']:,}", f"{impact['failed']:,}"))
    if impact["users"] is not None:
        met = f"{impact['users']:,} users and {impact['families']:,} families met a failure"
        rows.append((met, "", ""))
    rows += [(each, "", "") for each in impact.get("unknown", ())]
    title = f"Impact, {zones.here(impact['since']):%Y-%m-%d %H:%M} to {minute(impact['at'], day=False)}"
    return Table(title, head, rows, empty="No request has failed.")


def _follow_ups(incident: Document, actor: Actor, now: datetime) -> Table:
    rows = [
        (
            each["what"],
            each["owner"],
            wording.overdue(each) if follow_ups.is_overdue(each, now.date()) else each["due"],
            _done(incident, each, actor),
        )
        for each in incident["follow_ups"]
    ]
    return Table("Follow-ups", ("what", "owner", "due", "done"), rows, empty="None is planned.")


def _done(incident: Document, follow_up: Document, actor: Actor) -> str:
    if follow_up["done_at"]:
        return when(follow_up["done_at"])
    act = ACTS["follow-up-done"]
    if not act.is_offered(incident, actor):
        return NOTHING
    return wording.act(incident, act.name, "It is done…", follow_up["id"])


def _told_users(incident: Document) -> Table | None:
    public = incident["public"]
    if not public:
        return None
    rows = [(when(each["at"]), each["state"], each["text"]) for each in reversed(public["updates"])]
    of = ", ".join(public["components"])
    return Table(f"What users are told{f' about {of}' if of else ''}", ("time", "state", "text"), rows)


def _links(incident: Document) -> Table | None:
    rows = [(each["what"], wording.proof(each["address"]), when(each["at"])) for each in incident["links"]]
    return Table("Links", ("what", "where", "since"), rows) if rows else None


def _bundle(incident: Document) -> Table:
    bundle = incident["bundle"]
    head = ("where", "bytes", "taken", "SHA-256", "lacks")
    if not bundle:
        return Table("Support bundle", head, (), empty="None was taken yet.")
    row = (
        format_html("<code>{}</code>", bundle["path"]),
        f"{bundle['bytes']:,}",
        when(bundle["at"]),
        format_html('<code class="sum">{}</code>', bundle["sha256"]),
        ", ".join(bundle["missing"]) or "nothing",
    )
    return Table("Support bundle", head, [row])


def _alerts(incident: Document) -> Table | None:
    rows = [
        (
            each["name"],
            each["summary"] or NOTHING,
            when(each["starts_at"]),
            when(each["ends_at"]) if each["ends_at"] else "still fires",
            format_html("<code>{}</code>", each["command"]) if each["command"] else NOTHING,
        )
        for each in incident["alerts"].values()
    ]
    return Table("Alerts", ("alert", "summary", "since", "until", "look"), rows) if rows else None


def _checklist(incident: Document, actor: Actor, names: dict[str, str]) -> Iterator[Table]:
    may = actor.may(MANAGE)
    head = ("box", "state", "done", "evidence", "what helps")
    for phase, boxes in groupby(checklists.boxes(incident), key=lambda box: box.phase):
        rows = [
            (
                f"{box.id} {box.title}",
                _mark(incident, box.id, may=may),
                *_ticked(incident["boxes"].get(box.id), names, auto=box.auto),
                wording.support(box.support),
            )
            for box in boxes
        ]
        yield Table(f"Checklist: {phase}", head, rows)


def _mark(incident: Document, box: str, *, may: bool) -> str:
    is_ticked = box in incident["boxes"]
    word = format_html(
        '<span class="box {}">{}</span>', *(("on", "☑ ticked") if is_ticked else ("", "☐ open"))
    )
    name, label = ("untick", "Take back…") if is_ticked else ("tick", "Tick…")
    return format_html("{} {}", word, wording.act(incident, name, label, box)) if may else word


def _ticked(ticked: Document | None, names: dict[str, str], *, auto: bool) -> tuple[str, str]:
    """Return who ticked a box and when, and what shows that it was done."""
    if ticked is None:
        return ("by itself, once it is seen" if auto else NOTHING), NOTHING
    done = format_html("{} {}", when(ticked["at"]), wording.person(ticked["by"], names))
    words = " ".join(filter(None, (ticked["evidence"], ticked["note"])))
    return done, format_html("{} {}", words, wording.proof(ticked.get("link"))) if words else NOTHING


def _timeline(happened: Sequence[Line], names: dict[str, str]) -> Table:
    rows = [
        (
            when(each.at),
            each.kind.replace("_", " "),
            prose.inline(each.text),
            wording.person(each.who, names),
        )
        for each in happened
    ]
    return Table("Timeline", ("time", "kind", "what", "who"), rows, empty="Nothing happened.")
