"""E01, E10, E16, E18, E20, E22: what the lines of our own processes tell."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from ops.bundle import tails
from ops.bundle.scene import Scene
from ops.bundle.wording import moment, table
from ops.logs import errors
from ops.logs.journal import Line

SHOWN, SAMPLES, NEWEST = 40, 20, 2000
AUTH, FAMILY, LIMIT = "auth", "family", "rate limit"
# What tells of somebody who could sign in.
WELL = "auth.login.ok"


def all_lines(scene: Scene) -> str:
    """Return the lines of all units, as they are."""
    found = scene.lines()
    return "\n".join([f"From {found.source}.", *found.notes, "", *map(_written, found.lines)])


def nginx(scene: Scene) -> str:
    """Return the end of nginx' error log, which tells of requests that never came to us."""
    scene.need_settings()
    path = Path(settings.NGINX_ERROR_LOG)
    if not path.exists() and not scene.where.production:
        return f"There is no {path}: only production has a proxy before it."
    return tails.end(path)


def groups(scene: Scene) -> str:
    """Return each kind of error once: how often, when, where."""
    rows = (
        (each.count, each.what, moment(each.first), moment(each.last), ", ".join(each.units), each.request_id)
        for each in errors.grouped(errors.found(scene.lines().lines))[:SHOWN]
    )
    return table(("times", "what", "first", "last", "units", "a request"), rows, none="no errors")


def samples(scene: Scene) -> str:
    """Return the newest error of each kind in full."""
    newest = {each.what: each for each in errors.found(scene.lines().lines)}
    texts = [f"{moment(each.at)} {each.unit} {each.route or ''}\n{each.text}" for each in newest.values()]
    return "\n\n".join(texts[-SAMPLES:]) or "no errors"


def auth_failures(scene: Scene) -> str:
    """Return what was refused in signing in, by event and reason."""
    counted = Counter(
        (event["event"], event.get("reason") or event.get("operation") or "-", event.get("door") or "-")
        for _, event in _named(scene, AUTH)
        if event["event"] != WELL
    )
    return table(("times", "event", "reason", "door"), _most(counted))


def auth_lines(scene: Scene) -> str:
    """Return the lines that tell of signing in."""
    return _shown(line for line, _ in _named(scene, AUTH))


def auth_impact(scene: Scene) -> str:
    """Return how many could sign in, how many could not, and who failed most often."""
    fine = {event.get("user") for _, event in _named(scene, AUTH) if event["event"] == WELL}
    failed = [event for _, event in _named(scene, AUTH) if event["event"] != WELL]
    persons = Counter(str(event["user"]) for event in failed if event.get("user"))
    unauthorized = Counter(
        f"{event.get('method')} {event.get('route')}"
        for _, event in scene.lines().events()
        if event.get("event") == "request" and event.get("status") == 401  # noqa: PLR2004  # HTTP's
    )
    return "\n\n".join(
        [
            table(
                ("what", "number"),
                [
                    ("persons who signed in", len(fine)),
                    ("failures", len(failed)),
                    ("persons known to have failed", len(persons)),
                    ("of them without a sign-in since", len(set(persons) - fine)),
                    ("answers 401", sum(unauthorized.values())),
                ],
            ),
            table(("failures", "person"), _most(persons), none="nobody who is known failed"),
            table(("answers 401", "route"), _most(unauthorized), none="no answer was 401"),
        ]
    )


def limit_impact(scene: Scene) -> str:
    """Return whom the limits refused, and in what."""
    refused = [event for _, event in _said(scene, "rate limit exceeded")]
    operations = Counter((event.get("operation"), event.get("scope")) for event in refused)
    who = Counter(str(event.get("who")) for event in refused)
    alone = Counter(event["event"] for _, event in _said(scene, "rate limit store"))
    return "\n\n".join(
        [
            f"{len(refused)} calls were refused, of {len(who)} persons, sessions or addresses.",
            table(("refused", "operation", "counted by"), _most(operations), none="no operation was refused"),
            table(("refused", "who"), _most(who), none="nobody was refused"),
            table(("times", "fall-backs"), _most(alone), none="the limits never fell back"),
        ]
    )


def family_operations(scene: Scene) -> str:
    """Return what happened in families, and which of their requests were refused."""
    done = Counter(event["event"] for _, event in _named(scene, FAMILY))
    refused = Counter(
        (f"{event.get('method')} {event.get('route')}", event.get("status"), event.get("error") or "-")
        for _, event in scene.lines().events()
        if event.get("event") == "request"
        and str(event.get("route")).startswith("/family")
        and int(event.get("status") or 0) >= 400  # type: ignore[call-overload]  # noqa: PLR2004  # HTTP's
    )
    return "\n\n".join(
        [
            table(("times", "event"), _most(done), none="no line of a family"),
            table(("times", "route", "status", "code"), _most(refused), none="no request was refused"),
        ]
    )


def family_lines(scene: Scene) -> str:
    """Return the lines that tell of families."""
    return _shown(line for line, _ in _named(scene, FAMILY))


def _named(scene: Scene, first: str) -> list[tuple[Line, dict[str, Any]]]:
    """Return events whose name begins with a word."""
    return _chosen(scene, lambda said: said.startswith((f"{first}.", f"{first} ", f"{first}:")))


def _said(scene: Scene, words: str) -> list[tuple[Line, dict[str, Any]]]:
    return _chosen(scene, lambda said: said.startswith(words))


def _chosen(scene: Scene, is_meant: Callable[[str], bool]) -> list[tuple[Line, dict[str, Any]]]:
    return [(line, event) for line, event in scene.lines().events() if is_meant(str(event.get("event")))]


def _most(counted: Counter[Any]) -> Iterable[tuple[Any, ...]]:
    return (
        (number, *(what if isinstance(what, tuple) else (what,)))
        for what, number in counted.most_common(SHOWN)
    )


def _shown(lines: Iterable[Line]) -> str:
    written = [_written(line) for line in lines]
    return "\n".join(written[-NEWEST:]) or "no line"


def _written(line: Line) -> str:
    return f"{moment(line.at) if line.at else '-'} {line.unit} {line.text}"
