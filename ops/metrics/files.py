"""How a process that serves keeps its counts: in files of its own, which the exporter reads.

In place of ``prometheus_client``'s own way, whose files are named by the pid alone, and whose lock a child
that was forked in the middle of a count would wait for, for ever.
"""

import os
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from ops import process
from ops.metrics.living import Identity

# Not the plain kind: whoever is interrupted by a signal in the middle of a count may count in its handler.
lock = threading.RLock()


class _Files:
    """The files of this process, one a kind of metric."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._identity = Identity(directory)
        self._name: str | None = None
        self._by_kind: dict[str, MmapedDict] = {}
        self.values: list[FileValue] = []
        self.is_fork = False

    def of(self, kind: str) -> MmapedDict:
        """Return the file of a kind."""
        if self._name is None:
            self._name = self._identity.take()
        if kind not in self._by_kind:
            path = self._directory / f"{kind}_{self._name}.db"
            self._by_kind[kind] = MmapedDict(str(path))  # type: ignore[no-untyped-call]  # it has none
        return self._by_kind[kind]

    def begin_anew(self) -> None:
        """Leave the files to the parent, and begin to count in others."""
        self.is_fork = False
        self._identity.leave()
        self._name = None
        self._by_kind = {}
        for value in self.values:
            value.begin()


class FileValue:
    """A number in the file; what ``prometheus_client`` keeps each series in."""

    _multiprocess = True
    files: _Files

    def __init__(  # noqa: PLR0913, PLR0917  # the library's signature
        self,
        typ: str,
        metric_name: str,
        name: str,
        labelnames: Any,
        labelvalues: Any,
        help_text: str,
        multiprocess_mode: str = "",
        **_options: Any,
    ) -> None:
        """Begin with what stands in the file, which is nothing in a fresh one."""
        self._kind = f"{typ}_{multiprocess_mode}" if multiprocess_mode else typ
        self._key = mmap_key(metric_name, name, labelnames, labelvalues, help_text)
        with lock:
            self._look_around()
            self.begin()
            self.files.values.append(self)

    def begin(self) -> None:
        """Find the number's place."""
        self._file = self.files.of(self._kind)
        self._value: float = self._file.read_value(self._key)[0]  # type: ignore[no-untyped-call]  # it has none

    def inc(self, amount: float) -> None:
        """Add."""
        with lock:
            self._look_around()
            self._value += amount
            self._file.write_value(self._key, self._value, 0.0)  # type: ignore[no-untyped-call]  # as above

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Replace."""
        with lock:
            self._look_around()
            self._value = value
            self._file.write_value(self._key, value, timestamp or 0.0)  # type: ignore[no-untyped-call]  # as above

    def get(self) -> float:
        """Return it."""
        return self._value

    def set_exemplar(self, exemplar: object) -> None:
        """Keep none: there is no place for it."""

    def get_exemplar(self) -> None:
        """Return none."""

    def _look_around(self) -> None:
        if self.files.is_fork:
            self.files.begin_anew()


def count_in_files() -> None:
    """Let this process count in files if it is one that serves; before the first metric is declared."""
    if process.role() not in process.SERVING:  # a command has to do also where the settings are broken
        return
    # Named first, so that the settings are there; it is they that make the directory.
    directory: Path = settings.METRICS_DIR / process.role()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return
    FileValue.files = _Files(directory)
    values.ValueClass = FileValue  # the place that the library offers for it
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=_after_fork)


def _after_fork() -> None:
    # Nothing more: this child may be about to become another program.
    FileValue.files.is_fork = True
    lock.release()
