"""What of the environment concerns the embedded servers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Place:
    """Where the servers' data lie, and which of them may be started here.

    Attributes:
        var: directory of the data.
        mongodb: whether mongod is ours to start; not when ``MONGODB_URI`` is set.
        redis: whether redis-server is ours to start; not when ``REDIS_URL`` is set.
        production: whether nothing may be started here.
    """

    var: Path
    mongodb: bool = True
    redis: bool = True
    production: bool = False

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables and ``.env`` unchecked: for when the settings cannot be loaded."""
        from dotenv import dotenv_values  # noqa: PLC0415  # only this reader needs it

        given = {
            **dotenv_values(ROOT / ".env"),
            **{name: value for name, value in os.environ.items() if value},
        }
        return cls(
            var=ROOT / (given.get("SBD_VAR") or "var"),
            mongodb=not given.get("MONGODB_URI"),
            redis=not given.get("REDIS_URL"),
            production=given.get("SBD_MODE") == "production",
        )
