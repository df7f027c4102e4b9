"""Faults of how a process is called: settings, addresses, passwords, keys, the clock."""

import secrets

from faults.fault import Fault, at_another_time, called_with, called_with_more, nothing
from faults.ground import Ground
from faults.members import LOOPBACK, PASSWORD

NOBODY = 1  # a port on which nobody ever listens
ANOTHER = secrets.token_urlsafe(48)


def _expected(*names: str) -> frozenset[str]:
    return frozenset(names)


def _worker_with_another_key(ground: Ground) -> None:
    ground.worker.restart(JWT_SIGNING_KEY=ANOTHER)


def _worker_as_usual(ground: Ground, _said: object) -> None:
    ground.worker.restart()


FAULTS = (
    Fault(
        "SBD_WORKERS is no number",
        _expected("settings"),
        nothing,
        nothing,
        look=called_with(SBD_WORKERS="many"),
    ),
    Fault(
        "SECRET_KEY is too short",
        _expected("settings"),
        nothing,
        nothing,
        look=called_with_more(lambda _ground: {"SECRET_KEY": "short"}),
    ),
    Fault("REDIS_URL is missing", _expected("settings"), nothing, nothing, look=called_with(REDIS_URL="")),
    Fault(
        "the jobs' Redis is the cache's",
        _expected("settings"),
        nothing,
        nothing,
        look=called_with_more(lambda ground: {"CELERY_BROKER_URL": ground.environment["REDIS_URL"]}),
    ),
    Fault(
        "MONGODB_URI has a wrong password",
        _expected("mongo"),
        nothing,
        nothing,
        look=called_with_more(
            lambda ground: {"MONGODB_URI": ground.set.uri.replace("://", f"://families:{PASSWORD}@")}
        ),
    ),
    Fault(
        "MONGODB_URI names a wrong port",
        _expected("mongo"),
        nothing,
        nothing,
        look=called_with(MONGODB_URI=f"mongodb://{LOOPBACK}:{NOBODY}/?replicaSet=sbd"),
    ),
    Fault(
        "MONGODB_URI names another replica set",
        _expected("mongo"),
        nothing,
        nothing,
        look=called_with_more(lambda ground: {"MONGODB_URI": ground.set.uri.replace("=sbd", "=another")}),
    ),
    Fault(
        "MONGODB_URI is no address",
        _expected("mongo", "settings"),
        nothing,
        nothing,
        look=called_with(MONGODB_URI="mongodb://families:p@ss/word@:x"),
    ),
    Fault(
        "REDIS_URL has a wrong password",
        _expected("redis"),
        nothing,
        nothing,
        look=called_with_more(
            lambda ground: {"REDIS_URL": f"redis://:wrong@{LOOPBACK}:{ground.cache_port}/0"}
        ),
    ),
    Fault(
        "REDIS_URL names a wrong port",
        _expected("redis"),
        nothing,
        nothing,
        look=called_with(REDIS_URL=f"redis://:{PASSWORD}@{LOOPBACK}:{NOBODY}/0"),
    ),
    Fault(
        "CELERY_BROKER_URL has a wrong password",
        _expected("queue"),
        nothing,
        nothing,
        look=called_with_more(
            lambda ground: {"CELERY_BROKER_URL": f"redis://:wrong@{LOOPBACK}:{ground.broker_port}/0"}
        ),
    ),
    Fault("the clock is 10 s ahead", _expected("clock"), nothing, nothing, look=at_another_time(10)),
    Fault("the clock is 2 min ahead", _expected("clock"), nothing, nothing, look=at_another_time(120)),
    Fault("the clock is 2 min behind", _expected("clock"), nothing, nothing, look=at_another_time(-120)),
    Fault(
        "the worker has another key for tokens",
        _expected("jwt"),
        _worker_with_another_key,
        _worker_as_usual,
        shows_after=3.0,
    ),
    Fault(
        "this shell has another key for tokens",
        _expected("jwt"),
        nothing,
        nothing,
        look=called_with(JWT_SIGNING_KEY=ANOTHER),
    ),
    Fault(
        "the provider of external sign-in is away",
        _expected("external"),
        nothing,
        nothing,
        look=called_with(
            OIDC_ISSUER=f"https://{LOOPBACK}:{NOBODY}",
            OIDC_CLIENT_ID="families",
            OIDC_CLIENT_SECRET=ANOTHER,
            OIDC_NAME="Away",
        ),
    ),
)
