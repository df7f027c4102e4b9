"""Where the embedded servers keep what: one directory, readable by its owner alone."""

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ops.embedded.errors import EmbeddedError

# Below it mongod would stop in the middle of a write; it refuses to start below about half of this.
LEAST_FREE_BYTES = 200_000_000
OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True)
class Layout:
    """The files and directories below ``var``, an absolute path."""

    var: Path

    @property
    def lock(self) -> Path:
        """Held by the keeper for as long as it lives; holds its pid."""
        return self.var / "embedded.lock"

    @property
    def state(self) -> Path:
        """The addresses, as JSON, while both servers answer."""
        return self.var / "embedded.json"

    @property
    def mongodb(self) -> Path:
        """The data directory of mongod."""
        return self.var / "mongodb"

    @property
    def redis(self) -> Path:
        """The data directory of redis-server."""
        return self.var / "redis"

    @property
    def log(self) -> Path:
        """The directory of the three logs."""
        return self.var / "log"

    def prepare(self) -> None:
        """Make the directories.

        Raises:
            EmbeddedError: the disk is nearly full, or a directory cannot be made or written.
        """
        for directory in (self.var, self.mongodb, self.redis, self.log):
            try:
                directory.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
                if directory != self.var:  # its mode is the owner's choice
                    directory.chmod(OWNER_ONLY)
                with tempfile.TemporaryFile(dir=directory):
                    pass
            except OSError as error:
                message = f"{directory} cannot be written ({error.strerror}): make it yours, or set SBD_VAR"
                raise EmbeddedError(message) from error
        self._check_space()

    def write_state(self, text: str) -> None:
        """Replace the state file as a whole: a reader sees the old one, the new one or none."""
        draft = self.state.with_suffix(".draft")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(self.state)

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.var).free
        if free < LEAST_FREE_BYTES:
            needed = LEAST_FREE_BYTES // 1_000_000
            message = (
                f"Only {free // 1_000_000} MB are free for {self.var}, {needed} MB are needed: make room"
            )
            raise EmbeddedError(f"{message}, or set SBD_VAR to a directory on another disk")
