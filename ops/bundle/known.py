"""What is secret here, as it is: from the settings, from the environment, and from the files that fill it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from ops.doctor.whereabouts import ENV_FILE, Whereabouts

# Read by the units of systemd.
UNITS_FILE = Path("/etc/sbd/sbd.env")
SECRET = re.compile(r"KEY|SECRET|PASSW|PASSPHRASE|TOKEN|CREDENTIAL|AUTH\b", re.IGNORECASE)
# A variable's shorter value is a switch, or a number; to hide it everywhere would leave nothing to read.
LEAST = 4


def secrets(where: Whereabouts, environment: Mapping[str, str]) -> list[str]:
    """Return every secret that can be known.

    Args:
        where: whether Django's settings can be read, and the addresses.
        environment: of this process.
    """
    found = [*_of_variables(environment)]
    for file in (ENV_FILE, UNITS_FILE):
        found += _of_variables(_read(file))
    found = [each for each in found if len(each) >= LEAST]
    found += [_password(address) for address in (where.mongodb, where.redis, where.broker) if address]
    if not where.faults:
        found += _of_settings()
    return [each for each in dict.fromkeys(found) if each]


def _of_variables(variables: Mapping[str, str | None]) -> Iterator[str]:
    for name, value in variables.items():
        if not value:
            continue
        if SECRET.search(name):
            yield value
            yield from (part.strip() for part in value.split(","))  # several keys with commas between
        yield _password(value)


def _of_settings() -> Iterator[str]:
    """Yield those of Django's settings, also where the demo made them itself."""
    from django.conf import settings  # noqa: PLC0415  # only when they can be read

    for name in dir(settings):
        if name.isupper() and SECRET.search(name):
            yield from _texts(getattr(settings, name))
    for name in ("MONGODB_URI", "REDIS_URL", "CELERY_BROKER_URL"):
        yield _password(getattr(settings, name))
    if settings.MAIL_SERVER is not None:
        yield settings.MAIL_SERVER.password


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else ()


def _password(address: str) -> str:
    """Return the password that an address holds; empty: it holds none, or is no address."""
    try:
        return unquote(urlsplit(address).password or "")
    except ValueError:
        return ""


def _read(file: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(file)
    except (OSError, UnicodeDecodeError):
        return {}
