"""Calls all that the API's own description tells of, in the ways it tells of, and looks at each answer.

It knows no operation by name: what is added to the API is explored without a change here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import schemathesis
from schemathesis import HookContext, Response, engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.engine import Status, events
from schemathesis.engine.run import PhaseName
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import BaseSchema

from tests.e2e.judging import AnyCase, is_of_state, is_well_meant
from tests.e2e.texts import good_texts
from tests.scale import SOAK

SECONDS_TO_ANSWER = 20
REFUSED_FOR_WHO_THEY_ARE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
CHAINS = 4  # of calls that follow from each other, for each example of an operation


@dataclass
class Findings:
    """What was called, and what was not as described."""

    phases: dict[PhaseName, Status] = field(default_factory=dict)
    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    stateful: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    chains: int = 0
    differences: list[str] = field(default_factory=list)
    sign_ins: int = 0

    def statuses(self) -> set[int]:
        """Return all that was ever answered."""
        return {status for counted in self.answers.values() for status in counted}

    def answered(self, statuses: Container[int]) -> set[str]:
        """Return the operations that answered with one of these."""
        return {label for label, counted in self.answers.items() if any(each in statuses for each in counted)}


@dataclass
class Identity:
    """Who is calling: whoever was told of what is called for; else the same as before, as long as they may.

    The explorer logs out, ends its sessions and uses up its limits itself; without this the rest of it would
    only meet 401, 403 and 404.
    """

    sign_in: Callable[[], str]
    findings: Findings
    token: str | None = None
    told: dict[str, str] = field(default_factory=dict)  # token by id

    def get(self, case: AnyCase, context: Any) -> str:  # noqa: ARG002  # the explorer's signature
        """Return the token."""
        for identifier in case.path_parameters.values():
            if identifier in self.told:
                return self.told[identifier]
        if self.token is None:
            self.token = self.sign_in()
            self.findings.sign_ins += 1
        return self.token

    def set(self, case: AnyCase, data: str, context: Any) -> None:  # noqa: ARG002
        """Send it."""
        case.headers["Authorization"] = f"Bearer {data}"

    def look(self, context: HookContext, case: AnyCase, response: Response) -> None:  # noqa: ARG002
        """Note who was told of what; drop a token that is not good any more, or not for this."""
        token = str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")
        if response.status_code in REFUSED_FOR_WHO_THEY_ARE and token == self.token:
            self.token = None
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            self.told = {identifier: each for identifier, each in self.told.items() if each != token}
        elif response.status_code < HTTPStatus.MULTIPLE_CHOICES and token and _is_json(response):
            self.told.update(dict.fromkeys(_identifiers(response.json()), token))


def _is_json(response: Response) -> bool:
    """Tell it from a sheet, which is also to be had."""
    return str(response.headers.get("content-type", [""])[0]).startswith("application/json")


def _identifiers(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name.endswith("_id") and isinstance(value, str):
                yield value
            yield from _identifiers(value)
    elif isinstance(answer, list):
        for each in answer:
            yield from _identifiers(each)


def explore(base: str, *, examples: int, seed: int, sign_in: Callable[[], str] | None) -> Findings:
    """Call the API; ``sign_in`` returns a fresh access token, ``None``: nobody is signed in."""
    schema = schemathesis.openapi.from_url(
        f"{base}/schema", config=_config(base, examples, seed, guess=sign_in is None)
    )
    findings = Findings()
    if sign_in:
        identity = Identity(sign_in, findings)
        schema.auth.providers.append(identity)
        schema.hooks.register_hook_with_name(identity.look, "after_call")

    def filter_failure(context: HookContext, failure: Failure, case: AnyCase, response: Response) -> bool:  # noqa: ARG001
        """Keep what is a difference by our own rules for text."""
        if isinstance(failure, RejectedPositiveData):
            return is_well_meant(case) and not is_of_state(response)
        if isinstance(failure, AcceptedNegativeData):
            return not is_well_meant(case)
        return True

    schema.hook(filter_failure)
    with good_texts() as know:
        for event in engine.from_schema(schema).execute():
            # Before, texts of exact lengths are tried, which no way of making good ones can serve.
            if isinstance(event, events.PhaseStarted) and event.phase.name == PhaseName.FUZZING:
                know()
            _note(event, findings)
        if sign_in:
            _go_on(schema, findings, chains=CHAINS * examples, rounds=range(seed + 1, seed + 1 + examples))
    return findings


def _go_on(schema: BaseSchema, findings: Findings, *, chains: int, rounds: range) -> None:
    """Try more chains of calls: each round ends as soon as a call that is sent again is answered otherwise.

    That is at once, since a name that was free is then taken.
    """
    schema.config.phases.update(phases=["stateful"])
    for seed in rounds:
        if findings.chains >= chains:
            return
        schema.config.seed = seed
        for event in engine.from_schema(schema).execute():
            _note(event, findings)


def _config(base: str, examples: int, seed: int, *, guess: bool) -> SchemathesisConfig:
    """Return all phases and all checks.

    ``guess``: credentials are made up like any other header. To somebody who has some it would leave little
    but 401, and that each operation refuses bad ones is checked for them, too. Where nobody is let in, two
    phases would only repeat what they find for somebody who is: every edge of a body, and what follows what.
    """
    elsewhere = {"enabled": not guess}
    return SchemathesisConfig.from_dict(
        {
            "base-url": base,
            "seed": seed,
            "request-timeout": SECONDS_TO_ANSWER,
            "continue-on-failure": True,
            "auth": {"auto-signup": False},  # who is calling is said here
            "generation": {
                "max-examples": examples,
                "no-shrink": True,
                "database": "none",
                "with-security-parameters": guess,
            },
            "phases": {
                "examples": {"fill-missing": True},
                "coverage": {"enabled": not guess and SOAK},  # every edge of every field: many calls
                "stateful": {**elsewhere, "generation": {"max-examples": CHAINS * examples}},
            },
        }
    )


def _note(event: events.EngineEvent, findings: Findings) -> None:
    match event:
        case events.PhaseFinished():
            findings.phases.setdefault(event.phase.name, event.status)
        case events.ScenarioFinished():
            findings.chains += event.phase == PhaseName.STATEFUL_TESTING and bool(event.recorder.interactions)
            for label, status in _answers(event):
                findings.answers[label][status] += 1
                if event.phase == PhaseName.STATEFUL_TESTING:
                    findings.stateful[label][status] += 1
            findings.differences += _differences(event)
        case events.NonFatalError():
            findings.differences.append(f"{event.label}: {event.info.title}: {event.info.message}")
        case events.FatalError():
            raise event.exception


def _answers(event: events.ScenarioFinished) -> Iterator[tuple[str, int]]:
    for identifier, interaction in event.recorder.interactions.items():
        if interaction.response is not None:
            operation = event.recorder.cases[identifier].value.operation
            yield operation.label, interaction.response.status_code


def _differences(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info:
                info = check.failure_info
                yield f"{info.failure.operation}: {check.name}: {info.failure.message}\n{info.code_sample}"
