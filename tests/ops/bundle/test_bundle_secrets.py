"""Secrets, persons, addresses of mail and of networks: planted everywhere, and in no file of a bundle."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from pymongo import MongoClient
from redis import Redis

from ops import clock
from ops.doctor.whereabouts import Whereabouts
from ops.mongo.collections import collection
from ops.outbox import server as mail_server
from tests.database import documents
from tests.factories import Person, new_family
from tests.ops.bundle.conftest import Take
from tests.ops.bundle.lines import ANN, BEN, busy, event

IN_MONGODB, IN_REDIS, IN_MAIL = "m0ngo-p@ss/Planted1", "r3dis-p@ss+Planted2", "ma1l-Planted3"
IN_VARIABLE, IN_CONFIG = "payment-key-Planted4", "m4ster-Planted5"
BEARER, COOKIE, QUERY = "opaque-bearer-Planted6", "session-cookie-Planted7", "query-Planted8"
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQbGFudGVkOSJ9.c2lnbmF0dXJl"
BACKUP = "backup-key-Planted10-abcdefghijklmnopqrstuvw"
FAMILY_NAME = "Planted Larks"
MAIL, FROM, FROM_6 = "wren.planted@example.com", "203.0.113.9", "2001:db8::77"
NGINX = (
    "2026/11/26 21:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to "
    f'upstream, client: {FROM}, server: families.example.com, request: "GET /x?token={QUERY} HTTP/1.1", '
    f'Authorization: Bearer {BEARER}, Cookie: sbd_session={COOKIE}, host: "families.example.com"\n'
)


@pytest.fixture
def guarded(where: Whereabouts, redis: str) -> Iterator[Whereabouts]:
    """Servers that ask for passwords."""
    with MongoClient[dict[str, Any]](str(where.mongodb)) as client:
        client.admin.command("createUser", "planted", pwd=IN_MONGODB, roles=["root"])
        with Redis.from_url(redis) as server:
            server.config_set("masterauth", IN_CONFIG)
            server.config_set("requirepass", IN_REDIS)
        login = f"planted:{quote(IN_MONGODB, safe='')}@"
        address = redis.replace("redis://", f"redis://:{quote(IN_REDIS, safe='')}@")
        yield replace(
            where,
            mongodb=str(where.mongodb).replace("mongodb://", f"mongodb://{login}"),
            redis=address,
            broker=f"{address.removesuffix('0')}1",
        )
        client.admin.command("dropUser", "planted")


@pytest.fixture
def planted(guarded: Whereabouts, person: Person, tmp_path: Path) -> Iterator[tuple[Path, set[str]]]:
    """Secrets wherever a bundle looks; the file with log lines, and all that must not be seen."""
    own = {settings.SECRET_KEY, *settings.JWT_SIGNING_KEYS, *settings.FIELD_KEYS, *settings.AUDIT_KEYS}
    own |= set(settings.LINK_SIGNING_KEYS)
    _fill_redis(str(guarded.redis), person)
    _fill_mongodb(person)
    nginx = tmp_path / "nginx.log"
    nginx.write_text(NGINX)
    told = [*own, IN_MONGODB, quote(IN_MONGODB, safe=""), IN_REDIS, IN_MAIL, IN_VARIABLE, BACKUP, SIGNED]
    lines = busy(
        tmp_path / "log",
        *(
            event("ERROR", "family request failed", exception=f"LookupError: {each} of {MAIL}")
            for each in told
        ),
        event("INFO", "auth.login.failed", reason="wrong_password", user=person.id, note=f"{FROM} {FROM_6}"),
        f"password={QUERY} Authorization: Bearer {BEARER}",
    )
    with override_settings(
        NGINX_ERROR_LOG=str(nginx),
        BACKUP_KEY=BACKUP,
        OIDC_CLIENT_SECRET=IN_VARIABLE,
        MAIL_SERVER=mail_server.parsed(f"smtp://families:{IN_MAIL}@127.0.0.1:1"),
    ):
        yield lines, {*told, BEARER, COOKIE, QUERY, MAIL, FROM, FROM_6, FAMILY_NAME, person.id, person.email}


def test_nothing_that_is_secret_or_personal_is_in_any_file(
    take: Take, guarded: Whereabouts, planted: tuple[Path, set[str]]
) -> None:
    lines, secret = planted

    taken = take(at=guarded, file=lines, environment={"PAYMENT_API_KEY": IN_VARIABLE})

    assert set(taken.missing) <= {"E11", "E13", "E15", "E16", "E17", "E20", "E22", "E23"}  # no exporter runs
    for name, text in taken.files.items():
        assert {each for each in secret if each in text} == set(), name
        assert re.findall(r"Planted(?:\d+)", text) == [], name
        assert re.findall(r"user_[0-9a-f]{8,}", text) == [], name
        assert re.findall(r"[\w.+-]+(?:@|%40)[\w-]+\.\w+", text) == [], name
        assert re.findall(r"eyJ[\w-]{8,}", text) == [], name
        addresses = set(re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)", text))
        assert addresses <= {"127.0.0.1", "0.0.0.0"}, name  # noqa: S104  # nothing is bound


def test_what_is_masked_is_there_under_other_names(
    take: Take, guarded: Whereabouts, planted: tuple[Path, set[str]]
) -> None:
    lines, _ = planted

    taken = take(7, at=guarded, file=lines)

    said = taken["E20"]
    assert re.search(r"^1 +login +address$", said, re.MULTILINE)
    assert re.search(r"^1 +address-\d+$", said, re.MULTILINE)
    assert re.search(r"^1 +person-\d+$", said, re.MULTILINE)
    keys = taken["E21"]
    assert re.search(r"^1 +0 +\d+ B +string +rate_limit:user:\*:login:\*$", keys, re.MULTILINE)
    assert re.search(r"^1 +0 +\d+ B +string +rate_limit:address:\*:login:\*$", keys, re.MULTILINE)
    assert re.search(r"^2 +2 +\d+ B +string +auth:\*$", keys, re.MULTILINE)
    assert re.search(r"/family/create +\{.*person-\d", taken["E19"])


def test_passwords_of_redis_are_masked_and_everything_else_of_its_configuration_is_told(
    take: Take, guarded: Whereabouts
) -> None:
    said = take(3, at=guarded)["E07"]

    assert re.search(r"^requirepass +…$", said, re.MULTILINE)
    assert re.search(r"^masterauth +…$", said, re.MULTILINE)
    assert re.search(r"^maxmemory-policy +noeviction$", said, re.MULTILINE)
    assert re.search(r"^appendonly +no$", said, re.MULTILINE)


@pytest.mark.long
def test_values_of_slow_operations_are_types_in_the_log_of_mongodb(take: Take, person: Person) -> None:
    database: Any = connection.database  # type: ignore[attr-defined]  # the engine's
    database.command("profile", 0, slowms=-1)
    try:
        database["users"].find_one({"email": MAIL, "username": "Planted Name"}, comment="GET /planted 1")
        database["families"].update_one({"_id": "no"}, {"$set": {"name": FAMILY_NAME}})
    finally:
        database.command("profile", 0, slowms=100)

    taken = take(2)

    for text in taken.files.values():
        for value in (MAIL, "Planted Name", FAMILY_NAME, person.id):
            assert value not in text
    assert '"filter": "{email: str, username: str}"' in taken["E04"]
    assert '"comment": "GET /planted 1"' in taken["E04"]


def test_the_bundle_changes_nothing(
    take: Take, guarded: Whereabouts, planted: tuple[Path, set[str]], documents_of: Callable[[], Any]
) -> None:
    before = documents_of()

    take(7, at=guarded, file=planted[0])

    assert documents_of() == before


@pytest.fixture
def documents_of(guarded: Whereabouts) -> Callable[[], Any]:
    """Return everything that is stored, in MongoDB and in that Redis."""

    def stored() -> Any:
        with Redis.from_url(str(guarded.redis)) as server:
            return documents(), {key: server.type(key) for key in sorted(server.keys())}

    return stored


def _fill_redis(address: str, person: Person) -> None:
    with Redis.from_url(address) as server:
        server.set(f"rate_limit:user:{person.id}:login:1900000000", 3, ex=600)
        server.set(f"rate_limit:address:{FROM}:login:1900000000", 3, ex=600)
        server.set(f"session:ses_{'e5' * 15}:{person.id}", BEARER, ex=600)
        server.set(f"auth:{MAIL}", COOKIE)
        server.set(f"auth:{ANN}", SIGNED)
        server.hset("rate_limit_config", "/family/create", f'{{"by": "{person.id}", "limit": 3}}')


def _fill_mongodb(person: Person) -> None:
    now = clock.now()
    new_family(person, FAMILY_NAME)
    mail = {"v": 1, "to": MAIL, "template": "welcome", "status": "dead_letter", "created_at": now}
    fault = f"550 no {MAIL} here, said {FROM}"
    collection("email_outbox").insert(
        {**mail, "_id": f"mail_{'f6' * 15}", "key": "planted", "fault": fault, "next_attempt_at": now}
    )
    for number, subject in enumerate((person.id, BEN, FROM, FROM_6)):
        seen = {"type": "sign_in_failures", "subject": subject, "count": 3, "first_at": now, "last_at": now}
        collection("security_events").insert({"_id": f"sev_{number:030x}", "v": 1, "facts": {}, **seen})
