"""What doctor says of keys: whether all processes have the same, and whether one is weak."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from pymongo import MongoClient

from ops import clock, embedded, keys
from ops.doctor.check import Result
from ops.doctor.checks.keys import Standing, differences, facts, standing, weaknesses
from ops.doctor.whereabouts import Whereabouts
from ops.jobs import heartbeats
from ops.mongo.collections import Document, control_collection
from tests.waiting import until

OLD, NEW = ("old-" * 12, "new-" * 12)
MINE = {"JWT_SIGNING_KEY": ["new", "old"], "FIELD_KEY": ["field"]}


def process(pid: int, *tokens: str, field: str = "field", role: str = "web") -> Document:
    held = {"JWT_SIGNING_KEY": list(tokens), "FIELD_KEY": [field]}
    return {"role": role, "pid": pid, "host": "here", "keys": held}


def found(where: Whereabouts, *processes: Document) -> list[tuple[Result, str]]:
    told = differences(Standing(processes, MINE), where)
    assert all(each.remedy == "grep -n -o '^[A-Z_]*KEY' .env" for each in told)
    return [(each.result, each.evidence) for each in told]


def test_a_fingerprint_says_nothing_of_a_key_and_differs_by_purpose() -> None:
    prints = [keys.fingerprint(OLD, purpose=purpose) for purpose in keys.PURPOSES.values()]

    assert len(set(prints)) == len(prints) == 4
    assert all(len(each) == 16 and each not in OLD and OLD[:8] not in each for each in prints)
    assert keys.fingerprint(OLD, purpose="kid") == keys.fingerprint(OLD, purpose="kid")
    assert keys.fingerprint(OLD, purpose="kid") != keys.fingerprint(NEW, purpose="kid")


def test_processes_with_the_same_keys_are_well(where: Whereabouts) -> None:
    assert found(where, process(1, "new", "old"), process(2, "new", "old", role="worker")) == []
    assert found(where) == []


def test_processes_that_refuse_each_others_tokens_are_named(where: Whereabouts) -> None:
    old, new = process(1, "old"), process(2, "new", "old")

    assert found(where, old, new) == [
        (Result.FAILED, "JWT_SIGNING_KEY: not all have the keys that others use: web 1 on here")
    ]


def test_processes_that_cannot_open_each_others_secrets_are_named(where: Whereabouts) -> None:
    one, other = process(1, "new", "old"), process(2, "new", "old", field="other")

    assert found(where, one, other) == [
        (Result.FAILED, "FIELD_KEY: not all have the keys that others use: web 1 on here, web 2 on here")
    ]


def test_a_change_of_keys_that_is_under_way_is_told(where: Whereabouts) -> None:
    assert found(where, process(1, "old", "new"), process(2, "new", "old")) == [
        (
            Result.DEGRADED,
            "JWT_SIGNING_KEY: processes have different keys, and each has those that the others use",
        )
    ]


def test_a_shell_with_other_keys_is_told(where: Whereabouts) -> None:
    assert found(where, process(1, "old"), process(2, "old", role="beat")) == [
        (Result.DEGRADED, "JWT_SIGNING_KEY: this shell has other keys than the processes")
    ]


def test_a_process_of_another_release_need_not_tell_all(where: Whereabouts) -> None:
    earlier = process(1, "new", "old")
    del earlier["keys"]["FIELD_KEY"]

    assert found(where, earlier, process(2, "new", "old")) == []


def test_processes_tell_their_keys_with_their_heartbeat() -> None:
    with override_settings(JWT_SIGNING_KEYS=(NEW, OLD)):
        heartbeats.alive("worker", since=clock.now(), now=clock.now())
        expected = [keys.fingerprint(each, purpose="kid") for each in (NEW, OLD)]
    seen = standing()
    stored = control_collection(heartbeats.NAME).find({"role": "worker"}, limit=9)
    heartbeats.ended("worker", forgotten=clock.now())

    (told,) = [each["keys"]["JWT_SIGNING_KEY"] for each in seen.processes if each["role"] == "worker"]
    assert told == expected
    assert expected[0] in facts(seen)
    assert not any(key in str(stored) for key in (OLD, NEW, *settings.FIELD_KEYS, settings.SECRET_KEY))


@pytest.mark.long
def test_a_web_process_tells_them_too(shared: embedded.Servers, web: tuple[int, int]) -> None:
    with MongoClient[dict[str, Any]](str(shared.mongodb_uri)) as client:
        beats = client["second_brain_control"]["heartbeats"]
        assert until(lambda: beats.find_one({"role": "web", "pid": web[1]}) is not None)
        beat = beats.find_one({"role": "web", "pid": web[1]}) or {}

    assert beat["keys"] == keys.fingerprints()
    assert beat["rejected"] == {}


@pytest.mark.parametrize(
    "weak",
    [
        {"JWT_SIGNING_KEYS": (NEW, "open-sesame")},
        {"FIELD_KEYS": ("open-sesame",)},
        {"SECRET_KEY": "open-sesame"},
        {"LINK_SIGNING_KEYS": ("open-sesame",)},
    ],
)
def test_a_short_key_is_named_and_not_shown(where: Whereabouts, weak: dict[str, Any]) -> None:
    with override_settings(**weak):
        (told,) = weaknesses(where)

    variable = next(iter(weak)).replace("KEYS", "KEY")
    assert (told.result, told.evidence) == (Result.DEGRADED, f"{variable} is shorter than 32 characters")
    assert "sesame" not in str(told)


def test_a_secret_of_the_demo_is_not_for_production(where: Whereabouts, tmp_path: Path) -> None:
    key = secrets.token_urlsafe(48)
    (tmp_path / "secrets").write_text(json.dumps({"jwt_signing_key": key}))
    demo = replace(where, var=tmp_path)
    production = replace(demo, mode="production")

    with override_settings(JWT_SIGNING_KEYS=(key,)):
        told = weaknesses(production)
        in_demo = weaknesses(demo)

    assert [each.evidence for each in told] == ["JWT_SIGNING_KEY is one that was made for the demo"]
    assert told[0].remedy.startswith("sudo systemctl show sbd-api sbd-worker sbd-beat")
    assert key not in str(told)
    assert in_demo == []
    assert weaknesses(replace(production, var=tmp_path / "none")) == []
