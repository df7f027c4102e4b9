"""Where the parts of the system are: from the settings, or, when those are broken, from what can be read."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from ops import embedded
from ops.jobs import broker

ROOT = Path(__file__).resolve().parent.parent.parent
ENV_FILE = ROOT / ".env"
WEB_PORT = 8000
MOST_PORT = 65535
SHELL, FILE = "in the environment of this shell", "in .env"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the checks are told.

    Attributes:
        mode: ``SBD_MODE``, for people.
        var: directory of the embedded servers.
        web_port: ``None``: ``PORT`` is not a port.
        mongodb: its address, which may hold a password; ``None``: the demo's own does not run, or nothing
            says where it is while the settings are broken.
        redis: likewise.
        broker: likewise, of the jobs' queue.
        faults: of the settings, a sentence each, without values; none: Django is set up.
        origins: where each variable is set, if there are faults; for people.
    """

    mode: str
    var: Path
    web_port: int | None
    mongodb: str | None
    redis: str | None
    broker: str | None = None
    faults: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def production(self) -> bool:
        """Whether units of systemd run the parts."""
        return self.mode == "production"


def from_settings() -> Whereabouts:
    """Return what Django's settings say."""
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    # Where the demo's own servers would be while they do not run, another program's may be.
    no_servers = not settings.PRODUCTION and embedded.running(settings.VAR_DIR) is None
    return Whereabouts(
        mode=settings.SBD_MODE,
        var=settings.VAR_DIR,
        web_port=settings.WEB_PORT,
        mongodb=None if no_servers and not settings.MONGODB_URI_GIVEN else settings.MONGODB_URI,
        redis=None if no_servers and not settings.REDIS_URL_GIVEN else settings.REDIS_URL,
        broker=None
        if no_servers and not (settings.REDIS_URL_GIVEN or settings.CELERY_BROKER_URL_GIVEN)
        else settings.CELERY_BROKER_URL,
    )


def from_environment(error: Exception, *, env_file: Path = ENV_FILE) -> Whereabouts:
    """Return what the variables say one by one, although the settings as a whole are broken.

    Args:
        error: why they cannot be read; its ``faults``, if it has them, are sentences without values.
        env_file: the file beside the environment.
    """
    in_file = _values(_read(env_file))
    in_process = _values(os.environ)
    variables = {**in_file, **in_process}  # the process' own win, as in the settings
    mode = variables.get("SBD_MODE", "production")
    var = ROOT / variables.get("SBD_VAR", "var")
    servers = None if mode == "production" else embedded.running(var)
    faults = getattr(error, "faults", None) or [f"settings cannot be read: {type(error).__name__}"]
    redis = variables.get("REDIS_URL") or (servers.redis_url if servers else None)
    return Whereabouts(
        mode=mode,
        var=var,
        web_port=_port(variables.get("PORT")),
        mongodb=variables.get("MONGODB_URI") or (servers.mongodb_uri if servers else None),
        redis=redis,
        broker=variables.get("CELERY_BROKER_URL") or (broker.beside(redis) if redis else None),
        faults=tuple(faults),
        origins={**dict.fromkeys(in_file, FILE), **dict.fromkeys(in_process, SHELL)},
    )


def _values(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return those that have a value, by their names in capitals: how the settings read them."""
    return {name.upper(): value for name, value in variables.items() if value}


def _read(env_file: Path) -> Mapping[str, str | None]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return dotenv_values(env_file)
    return {}


def _port(text: str | None) -> int | None:
    if text is None:
        return WEB_PORT
    return int(text) if text.isdecimal() and 1 <= int(text) <= MOST_PORT else None
