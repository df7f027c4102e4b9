"""What is measured: servers of this run's own, and users with families."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ops import embedded

RUN_SECONDS = 12 * 60 * 60
HIGHEST_LIMIT = 1_000_000
PASSWORD = "Quite-Long-7!"  # noqa: S105  # of users that live as long as this run


@contextlib.contextmanager
def servers() -> Iterator[None]:
    """Start MongoDB and Redis with empty data, and make the settings name them."""
    with tempfile.TemporaryDirectory(prefix="sbd-bench-") as directory:
        var = Path(directory)
        started = embedded.start(var, tie_to_parent=True, preferred_ports=False)
        os.environ.update(
            SBD_MODE="demo",
            LOG_LEVEL="WARNING",  # of this process; the servers log as they do in use
            SBD_VAR=directory,
            MONGODB_URI=str(started.mongodb_uri),
            REDIS_URL=str(started.redis_url),
            DJANGO_SETTINGS_MODULE="family_site.settings",
        )
        try:
            yield
        finally:
            embedded.stop(var)


class Caller(NamedTuple):
    """A user with an open session, and the ids of the families they founded."""

    id: str
    username: str
    token: str
    families: tuple[str, ...]


def people(count: int, families_each: int, *, founders: int) -> list[Caller]:
    """Register users, the first ones with families."""
    import django  # noqa: PLC0415  # the settings must be there first

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415

    os.environ.update(
        JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY,
        BENCH_DATABASE=settings.MONGODB_NAME,
        BENCH_PASSWORD_HASH=make_password(PASSWORD).removeprefix("argon2"),
    )
    raise_limits()
    let_tokens_live()
    return [_person(number, families_each if number < founders else 0) for number in range(count)]


def let_tokens_live() -> None:
    """Let access tokens that this process signs live as long as the run."""
    from django.conf import settings  # noqa: PLC0415  # the settings must be there first

    settings.ACCESS_TOKEN_SECONDS = RUN_SECONDS


def raise_limits() -> None:
    """Let few callers call as many would: each call is still counted."""
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor  # noqa: PLC0415
    from ops.limits.overriding import Wanted, set_override  # noqa: PLC0415
    from ops.limits.table import LIMITS  # noqa: PLC0415

    for operation in LIMITS:
        wanted = Wanted(operation, HIGHEST_LIMIT, 60, reason="measured with few callers")
        set_override(wanted, actor=Actor.system("bench"), now=clock.now())


def _person(number: int, families: int) -> Caller:
    from families.actions import founding  # noqa: PLC0415
    from family_site.identity.actions import registration, signing_in  # noqa: PLC0415
    from ops import clock  # noqa: PLC0415
    from ops.actors import Actor, ActorKind  # noqa: PLC0415

    bench, now = Actor.system("bench"), clock.now()
    name = f"caller-{number}"
    user = registration.register(name, f"{name}@example.com", PASSWORD, actor=bench, now=now)
    actor = Actor(ActorKind.USER, user["_id"], name)
    founded = tuple(founding.found(None, actor=actor, now=now)["_id"] for _ in range(families))
    token = signing_in.open_session(user, actor=bench, now=now).access_token
    return Caller(user["_id"], name, token, founded)
