"""One redis-server: how it is started, and when it answers."""

import socket
from pathlib import Path

from ops.embedded import ports
from ops.embedded.layout import Layout
from ops.embedded.tail import Tail


class RedisServer:
    """What the keeper must know of redis-server."""

    name = "Redis"
    program = "redis-server"
    setting = "REDIS_URL"
    preferred_port = 6379

    def __init__(self, layout: Layout, binary: Path) -> None:
        """Take the directories and the program."""
        self.data = layout.redis
        self.log = Tail(layout.log / "redis-server.log")
        self._binary = binary

    def argv(self, port: int) -> list[str]:
        """Return the command line; snapshots are on by default, and one is taken at its stop."""
        return [
            str(self._binary),
            *("--port", str(port), "--bind", ports.LOOPBACK, "--daemonize", "no", "--databases", "16"),
            *("--dir", str(self.data), "--appendonly", "no", "--logfile", str(self.log.path)),
        ]

    def address(self, port: int) -> str:
        """Return the URL for everybody else."""
        return f"redis://{ports.LOOPBACK}:{port}/0"

    def is_ready(self, port: int, pid: int) -> bool:
        """Tell whether it answers, and is not another's, which was quicker; ``-LOADING`` is no answer."""
        try:
            with socket.create_connection((ports.LOOPBACK, port), timeout=0.5) as connection:
                connection.sendall(b"PING\r\nINFO server\r\nQUIT\r\n")
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return False
        return answer.startswith(b"+PONG") and b"process_id:%d\r\n" % pid in answer

    def disconnect(self) -> None:
        """Do nothing: no connection is kept."""

    def last_words(self) -> str:
        """Return why it ended: the last warning of this run, else its last line."""
        lines = self.log.lines()
        warnings = [line.partition(" # ")[2] for line in lines if " # " in line]
        return (warnings or lines or ["it wrote nothing into its log"])[-1]

    def lost_the_port(self) -> bool:
        """Tell whether it ended because somebody took its port first."""
        return any("Address already in use" in line for line in self.log.lines())
