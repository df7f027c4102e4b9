"""A process that pays in several threads, killed and started again, and what it has told."""

import contextlib
import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from family_site.settings.environment import BASE_DIR
from ops.embedded.ties import die_with_parent
from tests.faults.conftest import WAIT_SECONDS, until

LINES = 4
PEOPLE, TOKENS = 4, 1_000_000  # as tests.faults.payer has it


class Payers:
    """The process; ``told``: the transaction of each intent, by line and number, over all its lives."""

    lines = LINES
    tokens = PEOPLE * TOKENS

    def __init__(self, environment: dict[str, str], database: str) -> None:
        """Take where it pays."""
        self._environment, self._database = environment, database
        self._people: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.told: dict[tuple[int, int], str] = {}
        self.told_at: list[float] = []

    def prepare(self) -> None:
        """Let there be people with tokens."""
        process = self._spawned("prepare")
        out, _ = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 0
        self._people = [":".join(each.split()) for each in out.splitlines() if each.startswith("user_")]
        assert len(self._people) == PEOPLE

    def start(self) -> None:
        """Start it, each line from the first intent on that nobody was told the end of."""
        self._process = self._spawned("pay", *self._people)
        assert self._process.stdin
        for line in range(LINES):
            first = next(number for number in itertools.count() if (line, number) not in self.told)
            self._process.stdin.write(f"{line} {first}\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()

    def kill(self) -> None:
        """Kill it, in the middle of whatever it does."""
        assert self._process
        assert self._reader
        self._process.kill()
        self._reader.join()
        self._process.communicate()
        self._process = None

    @contextlib.contextmanager
    def paying(self) -> Iterator[None]:
        """Let it pay during the block."""
        self.start()
        try:
            yield
        finally:
            self.kill()

    def wait_for(self, more: int) -> None:
        """Wait until so many more payments were told."""
        wanted = len(self.told) + more

        def is_done() -> bool:
            assert self._process
            assert self._process.poll() is None, "it ended by itself"
            return len(self.told) >= wanted

        until(is_done)

    def longest_stall(self) -> float:
        """Return for how many seconds nothing was told at most."""
        return max(later - earlier for earlier, later in itertools.pairwise(sorted(self.told_at)))

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for words in process.stdout:
            if not words[:1].isdigit() or not words.endswith("\n"):
                continue  # a line of its log, or one that it did not live to end
            line, number, transaction = words.split()
            self.told[int(line), int(number)] = transaction
            self.told_at.append(time.monotonic())

    def _spawned(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.payer", self._database, *words],
            cwd=BASE_DIR,
            env=self._environment | {"LOG_LEVEL": "ERROR"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # the hook takes no lock
        )
