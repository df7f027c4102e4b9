"""What can be done about an incident from its page: in which state, by whom, after saying what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from ops.actors import Actor
from ops.errors import ConflictError
from ops.incident_console import forms
from ops.incident_console.rights import MANAGE, RESPOND
from ops.incidents import acting, concerns, paging
from ops.incidents.kinds import Kind, State
from ops.mongo.collections import Document

UNRESOLVED = frozenset({State.OPEN, State.ACKNOWLEDGED})
ALWAYS = frozenset(State)
Said: TypeAlias = Mapping[str, Any]
Offered: TypeAlias = Callable[[Document], object]
Do: TypeAlias = Callable[[Document, Said, Actor, datetime], object]


@dataclass(frozen=True)
class Act:
    """Something that can be done about an incident.

    Attributes:
        name: its path below the incident's.
        label: of its button, an imperative sentence.
        does: what becomes of it, for who thinks about pressing it.
        do: does it; takes the incident, what was said, who acts, and the time.
        asks: what has to be said first.
        states: of the incident, in which it makes sense.
        offered: whether there is anything for it to be done to.
        permission: who may do it.
        asks_second_factor: people outside hear of it, or rely on it.
        stands_aside: its link stands beside what it is about, not among the buttons.
    """

    name: str
    label: str
    does: str
    do: Do
    asks: type[forms.ActForm] = forms.ActForm
    states: frozenset[State] = ALWAYS
    offered: Offered = lambda _incident: True
    permission: str = MANAGE
    asks_second_factor: bool = False
    stands_aside: bool = False

    def is_offered(self, incident: Document, actor: Actor) -> bool:
        """Tell whether somebody may do it to an incident, as that is now."""
        return self.fits(incident) and actor.may(self.permission)

    def fits(self, incident: Document) -> bool:
        """Tell whether it makes sense as the incident is now."""
        return incident["state"] in self.states and bool(self.offered(incident))


def offered(incident: Document, actor: Actor) -> list[Act]:
    """Return what somebody may do about an incident, in the order of its buttons."""
    return [each for each in ACTS.values() if each.is_offered(incident, actor)]


def _by_id(act: Callable[..., object], *names: str) -> Do:
    """Return an act that takes the id, and what was said under these names in their order."""

    def do(incident: Document, said: Said, actor: Actor, now: datetime) -> object:
        return act(incident["_id"], *(said[name] for name in names), actor=actor, now=now)

    return do


def _note(incident: Document, said: Said, actor: Actor, now: datetime) -> None:
    text: str = said["text"]
    if said["concerns"]:
        text = f"{text}\n{concerns.note(said['concerns'])}"
    acting.note(incident["_id"], text, actor=actor, now=now)


def _add_follow_up(incident: Document, said: Said, actor: Actor, now: datetime) -> None:
    due = said["due"].isoformat()
    acting.add_follow_up(incident["_id"], said["what"], said["owner"], due, actor=actor, now=now)


def _plan(incident: Document, said: Said, actor: Actor, now: datetime) -> None:
    acting.plan_search(incident["_id"], said["on"].isoformat(), actor=actor, now=now)


def _tell(incident: Document, said: Said, actor: Actor, now: datetime) -> None:
    if not paging.tell_all(incident, said["text"], actor=actor, now=now):
        raise ConflictError("They were told just that already.")


def _has_notice(incident: Document) -> bool:
    return (
        incident["kind"] == Kind.SECURITY and bool(incident["notice"]) and not incident["notice"]["sent_at"]
    )


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            "acknowledge",
            "Acknowledge",
            "You have it in hand: nobody else is called over it.",
            _by_id(acting.acknowledge),
            states=frozenset({State.OPEN}),
        ),
        Act(
            "note",
            "Add a note",
            "It stands in the timeline.",
            _note,
            forms.NoteForm,
        ),
        Act(
            "severity",
            "Change severity",
            "The due times are counted anew from when it was opened.",
            _by_id(acting.set_severity, "severity", "reason"),
            forms.SeverityForm,
            UNRESOLVED,
        ),
        Act(
            "public",
            "Tell users",
            "The text stands on the status page at once, for everybody.",
            _by_id(acting.set_public, "state", "text", "components"),
            forms.PublicForm,
        ),
        Act(
            "hide",
            "Take it off the status page",
            "Users are told nothing of it any more.",
            _by_id(acting.hide_public),
            offered=lambda incident: incident["public"],
        ),
        Act(
            "tell",
            "Notify stakeholders",
            "Everybody of the escalation matrix gets a mail with this text.",
            _tell,
            forms.TextForm,
            asks_second_factor=True,
        ),
        Act(
            "notice",
            "Record the notice to authorities",
            "The clock of 72 hours ends.",
            _by_id(acting.send_notice, "text"),
            forms.NoticeForm,
            offered=_has_notice,
            permission=RESPOND,
            asks_second_factor=True,
        ),
        Act(
            "plan",
            "Plan the search",
            "The day stands on the incident.",
            _plan,
            forms.PlanForm,
            UNRESOLVED,
        ),
        Act(
            "link",
            "Add a link",
            "It stands on the incident.",
            _by_id(acting.add_link, "what", "address"),
            forms.LinkForm,
        ),
        Act(
            "follow-up",
            "Add a follow-up",
            "It is red on the console when its day is over.",
            _add_follow_up,
            forms.FollowUpForm,
        ),
        Act(
            "follow-up-done",
            "End a follow-up",
            "It is done.",
            _by_id(acting.end_follow_up, "follow_up"),
            forms.FollowUpDoneForm,
            offered=lambda incident: any(each["done_at"] is None for each in incident["follow_ups"]),
            stands_aside=True,
        ),
        Act(
            "tick",
            "Tick a box",
            "It stands with your name, and with what shows that it was done.",
            _by_id(acting.tick, "box", "evidence", "note"),
            forms.TickForm,
            stands_aside=True,
        ),
        Act(
            "untick",
            "Take a tick back",
            "The box is open again.",
            _by_id(acting.untick, "box"),
            forms.UntickForm,
            offered=lambda incident: incident["boxes"],
            stands_aside=True,
        ),
        Act(
            "post-mortem",
            "Write the post-mortem",
            "It is kept with the incident, in place of the one before.",
            _by_id(acting.write_post_mortem, "text"),
            forms.PostMortemForm,
        ),
        Act(
            "resolve",
            "Resolve",
            "It is over: users are told, and no clock runs any more.",
            _by_id(acting.resolve, "text"),
            forms.ResolveForm,
            UNRESOLVED,
            asks_second_factor=True,
        ),
        Act(
            "end-alerts",
            "End its alerts",
            "They count as over, though monitoring does not say so: it may have lost what it knew.",
            _by_id(acting.end_alerts, "reason"),
            forms.WhyForm,
            UNRESOLVED,
            lambda incident: any(each["ends_at"] is None for each in incident["alerts"].values()),
        ),
        Act(
            "reopen",
            "Reopen",
            "It is not over: its clocks run again.",
            _by_id(acting.reopen, "reason"),
            forms.WhyForm,
            frozenset({State.RESOLVED}),
        ),
    )
}
