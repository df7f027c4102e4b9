"""A walk along a page: each step is shown, and run as far as somebody says so."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO, TypeAlias

from ops import clock
from ops.doctor.whereabouts import Whereabouts
from ops.runbook import here, running
from ops.runbook.here import Here
from ops.runbook.pages import Kind, Step
from ops.runbook.running import Ran, Transcript

COLUMNS = 80
INDENT = 12  # as wide as a margin and the labels
# Answers; what changes something needs the id beside them.
RUN, TWIN, SKIP, QUIT = "run", "twin", "skip", "quit"
YES = "yes"
Ask: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Walked:
    """A step, what is known of it here, and what became of it; ``ran`` is ``None``: it was not run."""

    step: Step
    here: Here
    ran: Ran | None = None


def by_itself(
    steps: Sequence[Step], where: Whereabouts, out: TextIO, transcript: Transcript | None
) -> list[Walked]:
    """Show all steps; with a transcript run what only looks, or its twin where it cannot be run."""
    walked = []
    before: dict[str | None, Ran] = {}  # nothing changes meanwhile, so to look once is enough
    for step in steps:
        seen = here.of_step(step, where)
        out.write(_shown(step, seen))
        ran = None
        if transcript is not None and step.kind == Kind.LOOK:
            allowed = _allowed(step, seen, where)
            if ran := before.get(allowed.line):
                _say(f"$ {allowed.line}\n(as above)\n\n", out)
            elif ran := _run(allowed, out, transcript, may_ask=False):
                before[allowed.line] = ran
        walked.append(Walked(step, seen, ran))
    return walked


def with_a_person(
    steps: Sequence[Step], where: Whereabouts, out: TextIO, transcript: Transcript, ask: Ask
) -> list[Walked]:
    """Show each step and ask what to do with it, until the last one, or until they have enough."""
    walked = []
    for step in steps:
        seen = here.of_step(step, where)
        out.write(_shown(step, seen))
        choice = _choice(step, seen, ask)
        if choice == QUIT:
            break
        ran = None
        if choice == RUN:
            ran = _run(seen, out, transcript, may_ask=True)
        elif choice == TWIN:
            ran = _run(here.of_line(str(step.instead), where), out, transcript, may_ask=True)
        walked.append(Walked(step, seen, ran))
    return walked


def document(walked: Sequence[Walked]) -> list[dict[str, Any]]:
    """Return the same for programs; nothing in it that others may not read."""
    return [_as_json(each) for each in walked]


def _allowed(step: Step, seen: Here, where: Whereabouts) -> Here:
    """Return the printed line, or its twin where the printed one cannot be run."""
    if seen.obstacle is None or step.instead is None:
        return seen
    return here.of_line(step.instead, where)


def _choice(step: Step, seen: Here, ask: Ask) -> str:
    """Ask until it is an answer; whoever hangs up has enough."""
    answers = _answers(step, seen)
    question = f"{', '.join(answers)}? "
    while True:
        try:
            said = " ".join(ask(question).split())
        except EOFError:
            return QUIT
        if said in answers:
            return answers[said]
        short = [answer for answer in answers if said and answer.startswith(said)]
        if len(short) == 1 and answers[short[0]] in {SKIP, QUIT}:
            return answers[short[0]]


def _answers(step: Step, seen: Here) -> dict[str, str]:
    """Return what may be answered, and what it means."""
    name = step.ids[0]
    is_harmless = step.kind != Kind.CHANGE
    may_run = seen.obstacle is None and step.kind in {Kind.LOOK, Kind.CHANGE}
    answers = {RUN if is_harmless else f"{YES} {name}": RUN} if may_run else {}
    if step.instead is not None:
        answers[TWIN if is_harmless else f"{TWIN} {name}"] = TWIN
    return {**answers, SKIP: SKIP, QUIT: QUIT}


def _run(seen: Here, out: TextIO, transcript: Transcript, *, may_ask: bool) -> Ran | None:
    """Run a line, unless something stands in its way; both is noted."""
    if seen.obstacle is not None or seen.line is None:
        _say(f"Not run: {seen.obstacle}.\n\n", out)
        transcript.note(clock.now(), f"not run: {seen.line}: {seen.obstacle}")
        return None
    _say(f"$ {seen.line}\n", out)
    began = clock.now()
    ran = running.run(seen.line, may_ask=may_ask)
    ended = f"ended after {running.SECONDS:g} s" if ran.is_late else f"exit status {ran.status}"
    _say(f"{ran.output}{'' if ran.output.endswith(chr(10)) or not ran.output else chr(10)}({ended})\n\n", out)
    transcript.note(began, f"$ {ran.line}\n{ran.output.rstrip()}\n({ended})")
    return ran


def _say(text: str, out: TextIO) -> None:
    out.write(text)
    out.flush()


def _shown(step: Step, seen: Here) -> str:
    head = f"{' '.join(step.ids)}  {step.title}"
    room = COLUMNS - len(step.kind) - 2
    lines = [f"{textwrap.shorten(head, room, placeholder='…'):<{room}}  {step.kind}"]
    lines += [f"    {line}" for line in step.command.splitlines()]
    for paragraph in filter(None, step.text.split("\n")):
        lines += _labelled("", paragraph)
    for fact in seen.facts:
        lines += _labelled("here", fact)
    if step.danger:
        lines += _labelled("danger", step.danger)
    if step.instead:
        lines += _labelled("instead", step.instead)
    return "\n".join(lines) + "\n\n"


def _labelled(label: str, words: str) -> list[str]:
    """Return lines that fit a terminal; a word that is longer stays whole, so that it can be copied."""
    wrapped = textwrap.wrap(words, COLUMNS - INDENT, break_on_hyphens=False, break_long_words=False)
    margins = [label, *[""] * (len(wrapped) - 1)]
    return [f"{f'  {margin}':<{INDENT}}{line}" for margin, line in zip(margins, wrapped, strict=True)]


def _as_json(each: Walked) -> dict[str, Any]:
    step, ran = each.step, each.ran
    return {
        "ids": list(step.ids),
        "title": step.title,
        "kind": step.kind,
        "language": step.language,
        "command": step.command,
        "text": step.text,
        "danger": step.danger,
        "instead": step.instead,
        "here": list(each.here.facts),
        "obstacle": each.here.obstacle,
        "ran": ran
        and {
            "line": ran.line,
            "status": ran.status,
            "output": running.told(ran.output),
            "is_late": ran.is_late,
        },
    }
