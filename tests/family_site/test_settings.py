"""Settings: read from the environment, checked at the start, documented. Source: design, section 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from family_site.settings import environment
from family_site.settings.environment import SECRETS, Environment, Mode
from family_site.settings.strength import weakness
from tests.races import at_once

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "SBD_MODE": "production",
    "SECRET_KEY": "ksPq7Vn2xWzR9tLmYb4cJd8fGh3jK5aQ",
    "JWT_SIGNING_KEY": "b7WcXe1rTy5uIo9pAs3dFg6hJk2lZx8v",
    "LINK_SIGNING_KEY": "n4MqWe7rTy1uIo6pLk9jHg3fDs5aZx2c",
    "FIELD_KEY": "f6HsKd2mVq8xTz4bNw1eRy7uPa3gLj9c",
    "AUDIT_KEY": "t5RbWn8yVq3kXz6mJd1eLs4uPc7gHf2a",
    "MONGODB_URI": "mongodb://db.example.com/?replicaSet=main",
    "REDIS_URL": "redis://cache.example.com/0",
    "CELERY_BROKER_URL": "redis://queue.example.com/0",
    "PUBLIC_URL": "https://families.example.com",
    "ALLOWED_HOSTS": "families.example.com",
}
ALIKE = "SECRET_KEY, JWT_SIGNING_KEY, LINK_SIGNING_KEY, FIELD_KEY and AUDIT_KEY must differ from each other"
SEVERAL = ["JWT_SIGNING_KEY", "LINK_SIGNING_KEY", "FIELD_KEY", "AUDIT_KEY"]


def faults_of(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> list[str]:
    """Load the settings of a good production, changed so; return the faults."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {**GOOD, **changed}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    monkeypatch.setitem(Environment.model_config, "env_file", None)
    try:
        environment.load()
    except environment.SettingsError as error:
        return error.faults
    return []


def test_a_complete_production_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_of(monkeypatch) == []


@pytest.mark.parametrize("name", [each.upper() for each in SECRETS])
@pytest.mark.parametrize("value", [None, "sh0rt-k3y", "a" * 40, "change-me-" * 5])
def test_a_missing_or_weak_key_stops_the_start_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    faults = faults_of(monkeypatch, **{name: value})

    assert [fault for fault in faults if fault.startswith(name)] != []
    assert value is None or all(value not in fault for fault in faults)


@pytest.mark.parametrize(
    "name", ["MONGODB_URI", "REDIS_URL", "CELERY_BROKER_URL", "PUBLIC_URL", "ALLOWED_HOSTS"]
)
def test_production_has_no_default_for_what_it_needs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert [fault.split()[0] for fault in faults_of(monkeypatch, **{name: None})] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://families.example.com"),
        ("ALLOWED_HOSTS", "*"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("MONGODB_MAX_POOL_SIZE", "5"),  # below the least size, which is 10
        ("MONGODB_MIN_POOL_SIZE", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("SBD_MODE", "staging"),
        ("SBD_WORKERS", "0"),
    ],
)
def test_each_wrong_value_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    faults = faults_of(monkeypatch, **{name: value})

    assert len(faults) == 1
    assert name in faults[0] or name.replace("MAX", "MIN") in faults[0]
    assert "\n" not in faults[0]


@pytest.mark.parametrize("address", ["redis://cache.example.com/1", "redis://:word@cache.example.com:6379/5"])
def test_the_queue_is_not_on_the_server_of_the_cache(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    faults = faults_of(monkeypatch, CELERY_BROKER_URL=address)

    assert faults == ["CELERY_BROKER_URL must name another server than REDIS_URL"]


@pytest.mark.parametrize("name", SEVERAL)
def test_two_keys_may_not_be_the_same(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert faults_of(monkeypatch, **{name: GOOD["SECRET_KEY"]}) == [ALIKE]


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = faults_of(monkeypatch, SECRET_KEY=None, PUBLIC_URL=None, REDIS_URL=None)

    assert [fault.split()[0] for fault in faults] == ["SECRET_KEY", "REDIS_URL", "PUBLIC_URL"]


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("separator", [",", ", ", " , "])
def test_several_keys_may_be_given_the_one_in_use_first(
    monkeypatch: pytest.MonkeyPatch, name: str, separator: str
) -> None:
    old, new = GOOD[name], "v3XsWd9rTy2uIo7pAq1dFg5hJk4lZx6c"

    assert faults_of(monkeypatch, **{name: f"{new}{separator}{old}"}) == []
    assert getattr(environment.load(), f"{name.lower()}s") == [new, old]


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize(
    ("added", "fault"),
    [
        ("sh0rt-k3y", "{} (key 2) is too short: 9 characters, at least 32 are needed; "),
        ("a" * 40, "{} (key 2) is too easy to guess; "),
        ("", "{} (key 2) is missing; "),
        *((GOOD[each], ALIKE) for each in SEVERAL),
    ],
)
def test_each_of_several_keys_must_be_strong_and_another(
    monkeypatch: pytest.MonkeyPatch, name: str, added: str, fault: str
) -> None:
    (found,) = faults_of(monkeypatch, **{name: f"{GOOD[name]},{added}"})

    assert found.startswith(fault.format(name))


def test_a_random_key_is_strong() -> None:
    assert [weakness(GOOD[name.upper()]) for name in SECRETS] == [None] * len(SECRETS)


def test_a_command_ends_with_the_faults_and_no_traceback() -> None:
    without = {
        name: value for name, value in os.environ.items() if name.lower() not in Environment.model_fields
    }
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**without, **GOOD, "JWT_SIGNING_KEY": "short"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert re.fullmatch(r"settings: JWT_SIGNING_KEY is too short: .*\n", ended.stderr), ended.stderr


def test_every_setting_is_in_the_example_and_in_the_table_with_its_default() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    wanted = {name.upper(): field.default for name, field in Environment.model_fields.items()}

    assert example.keys() == wanted.keys() == table
    shown = {name: "" if value is None else str(value) for name, value in wanted.items()}
    shown["SBD_VAR"] = "var"
    assert example == shown


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set nothing but a demo with a directory of its own; where its secrets come to lie."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Environment.model_config, "env_file", None)
    monkeypatch.setenv("SBD_MODE", Mode.DEMO)
    monkeypatch.setenv("SBD_VAR", str(tmp_path / "var"))
    return tmp_path / "var" / "secrets"


def keys_of_the_demo() -> dict[str, str]:
    loaded = environment.load()
    return {name: getattr(loaded, name) for name in SECRETS}


def test_the_demo_makes_its_keys_once_for_its_owner_alone(demo: Path) -> None:
    first, second = keys_of_the_demo(), keys_of_the_demo()

    assert first == second == json.loads(demo.read_text())
    assert len(set(first.values())) == len(SECRETS)
    assert demo.stat().st_mode & 0o777 == 0o600


def test_a_demo_of_before_is_given_the_key_it_has_not_and_keeps_the_others(demo: Path) -> None:
    before = keys_of_the_demo()
    demo.write_text(json.dumps({name: key for name, key in before.items() if name != "field_key"}))

    after = keys_of_the_demo()

    assert after == keys_of_the_demo() == json.loads(demo.read_text())
    assert after | {"field_key": before["field_key"]} == before
    assert after["field_key"] not in before.values()
    assert [each.name for each in demo.parent.iterdir()] == ["secrets"]
    assert demo.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [None, "{}"])
def test_all_who_start_at_once_have_the_same_keys(demo: Path, before: str | None) -> None:
    if before is not None:
        demo.parent.mkdir()
        demo.write_text(before)

    found = at_once([keys_of_the_demo] * 8)

    assert found == [json.loads(demo.read_text())] * 8
