"""A machine on which the lines of the runbook are typed: the shipped units, started from their files.

MongoDB, Redis and the jobs' queue are units, too. Only where lines lead is changed: ports and paths of
production are exchanged for those here, and small programs stand where this machine has no systemd.
"""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from family_site.settings.environment import BASE_DIR
from ops.embedded import binaries, ports
from ops.embedded.layout import Layout
from ops.embedded.mongod import Mongod
from ops.embedded.redis_server import RedisServer
from tests.e2e.terminal import BIN, Typed, install
from tests.faults.conftest import Server
from tests.ops.deploy import shipped
from tests.ops.deploy.machines import UNITS, Machine, make_environment
from tests.ops.deploy.sites import Front
from tests.waiting import until

if TYPE_CHECKING:
    from ops.embedded.process import Kind

SECONDS = 180.0  # only so that a broken test ends
SERVERS = ("mongod", "redis", "sbd-redis-broker")
UNIT = "[Unit]\nDescription={name}\n[Service]\nType=simple\nEnvironment=LC_ALL=C\nExecStart={command}\n"
RELEASE = '{"version": "1.0.0", "commit": "0000000000", "built_at": "2026-11-26T09:30:00Z"}\n'
PROGRAMS = {
    "sudo": '#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n',
    "systemctl": '#!/bin/sh\n[ "$*" = "reload nginx" ] && exec nginx -s reload\nexec {systemctl} "$@"\n',
    "redis-cli": '#!/bin/sh\nexec {redis_cli} -p {redis} "$@"\n',
    "mongod": '#!/bin/sh\nLC_ALL=C exec {mongod} "$@"\n',
    "mongosh": '#!/bin/sh\nSBD_MONGOSH={mongosh} exec {deploy}/mongodb/mongosh --port {mongodb} "$@"\n',
    "nginx": '#!/bin/sh\nexec {nginx} -p {front} -c {front}/nginx.conf -e {front}/nginx.log "$@"\n',
    # With -o json each line is an entry, as of now.
    "journalctl": """#!/usr/bin/env python3
import json, pathlib, sys, time
words = sys.argv[1:]
for name in [words[at + 1] for at, word in enumerate(words) if word == "-u"]:
    log = pathlib.Path("{at}/var/log/journal", name + ".service.log")
    for line in log.read_text(errors="replace").splitlines() if log.exists() else ():
        entry = {{"MESSAGE": line, "_SYSTEMD_UNIT": name + ".service", "PRIORITY": "6"}}
        entry["__REALTIME_TIMESTAMP"] = str(int(time.time() * 1_000_000))
        print(json.dumps(entry) if "json" in words else line)
""",
}


class Installed:
    """The machine; ``types`` types a line there."""

    def __init__(self, at: Path, tools: Mapping[str, str], mail: Mapping[str, str]) -> None:
        """Install everything below ``at``, and start it.

        Args:
            at: an empty directory.
            tools: where ``systemctl``, ``mongosh`` and ``nginx`` are.
            mail: the settings of the mail server.
        """
        layouts = [Layout(at / name) for name in ("cache", "broker")]
        for layout in layouts:
            layout.prepare()
        redis = binaries.find("redis-server")
        kinds: list[Kind] = [
            Mongod(layouts[0], binaries.find("mongod"), test_commands=False),
            *(RedisServer(layout, redis) for layout in layouts),
        ]
        servers = [Server.start(kind) for kind in kinds]
        mongodb, cache, broker = (server.address for server in servers)
        self.machine = Machine(
            at / "machine", tools["systemctl"], mongodb=mongodb, cache=cache, broker=broker
        )
        for name, server in zip(SERVERS, servers, strict=True):
            server.kill()  # it was only started to be made ready: from now on it is a unit
            self._install(name, " ".join(server.kind.argv(server.port)))
        self.front = Front(tools["nginx"], _made(at / "nginx"), self.machine.port)
        self._variables = self._settings(mail)
        self._make_release()
        self._programs = _made(at / "programs")
        self._home = _made(at / "home")
        (self._home / ".mongoshrc.js").write_text(shipped.rewritten("mongodb/mongoshrc.js", {}))
        self._install_programs(tools, mongodb=servers[0].port, redis=servers[1].port)
        self._ports = [server.port for server in servers]
        self._places = self._rewritten(layouts[0])
        self._start()

    def types(self, line: str) -> Typed:
        """Type a line, or several, at the root of the project, and wait until what it started is there."""
        for printed, here in self._places.items():
            line = line.replace(printed, here)
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=BASE_DIR,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
        return Typed(done.returncode, done.stdout.replace("\r", ""), done.stderr)

    def settles(self) -> None:
        """Wait until every unit that is started also answers."""
        active = {name for name in (*SERVERS, "sbd-api") if self._is_active(name)}
        for name, port in zip(SERVERS, self._ports, strict=True):
            assert name not in active or until(partial(ports.answers, port), SECONDS), name
        if "sbd-api" in active:
            assert until(self._is_ready, SECONDS), self.types("journalctl -u sbd-api").out[-2000:]

    def stop(self) -> None:
        """End all of it."""
        self.front.stop()
        self.machine.stop()
        self.machine.systemctl("stop", *SERVERS)

    def _start(self) -> None:
        started = self.machine.systemctl("start", *SERVERS)
        assert started.returncode == 0, started.stderr
        self.settles()
        migrated = self.types("manage.py migrate --noinput && manage.py can_read_data --declare")
        assert migrated.status == 0, migrated
        started = self.machine.systemctl("start", *UNITS)
        assert started.returncode == 0, started.stderr
        self.settles()

    def _install(self, name: str, command: str) -> None:
        unit = self.machine.at / "etc" / "systemd" / "system" / f"{name}.service"
        unit.write_text(UNIT.format(name=name, command=command))

    def _settings(self, mail: Mapping[str, str]) -> dict[str, str]:
        """Add what this machine needs beside; return all that the units are told."""
        with self.machine.env.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in (*mail.items(), ("SBD_WORKERS", "1")))
        lines = self.machine.env.read_text().splitlines()
        at = self.machine.at
        places = {"SBD_VAR": "var/lib/sbd", "METRICS_DIR": "run/sbd/metrics", "BACKUP_DIR": "opt/backups"}
        return dict(line.split("=", 1) for line in lines) | {
            name: str(at / place) for name, place in places.items()
        }

    def _make_release(self) -> None:
        """Let the project as it is here be the release that runs."""
        release = _made(self.machine.root / "releases" / "1.0.0-0000000000")
        for path in BASE_DIR.iterdir():
            if path.name not in {".venv", ".env", "var", "RELEASE"}:
                (release / path.name).symlink_to(path)
        (release / "RELEASE").write_text(RELEASE)
        make_environment(release)
        (release / ".venv" / "bin" / "uvicorn-python").symlink_to("python")
        (self.machine.root / "current").symlink_to(f"releases/{release.name}")

    def _install_programs(self, tools: Mapping[str, str], *, mongodb: int, redis: int) -> None:
        places = {
            "at": self.machine.at,
            "systemctl": f"{tools['systemctl']} --root={self.machine.at}",
            "redis_cli": binaries.find("redis-cli"),
            "redis": redis,
            "mongod": binaries.find("mongod"),
            "mongodb": mongodb,
            "mongosh": tools["mongosh"],
            "nginx": tools["nginx"],
            "front": self.front.at,
            "deploy": shipped.DEPLOY,
        }
        install(self._programs, {name: text.format(**places) for name, text in PROGRAMS.items()})

    def _rewritten(self, layout: Layout) -> dict[str, str]:
        """Return what stands here in the place of each word of the runbook; the longer ones first."""
        python = BIN / "python"
        return {
            ".venv/bin/python manage.py": "manage.py",
            "manage.py": f"{python} manage.py",
            "localhost:8000": f"localhost:{self.machine.port}",
            "grep :8000": f"grep :{self.machine.port}",
            "localhost:9090": f"localhost:{self._variables['METRICS_PORT']}",
            "/var/log/mongodb/mongod.log": str(layout.log / "mongod.log"),
            "/var/log/redis/redis-server.log": str(layout.log / "redis-server.log"),
            "/var/log/nginx": str(self.front.at),
            "/var/lib/mongodb": str(layout.mongodb),
            "/var/lib/redis": str(layout.redis),
            "/opt/backups": str(self.machine.at / "opt" / "backups"),
            "/etc/sbd/tls": str(self.front.at),
            " .env": f" {self.machine.env}",
        }

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self._programs), str(BIN), os.environ["PATH"], "/usr/sbin", "/sbin"])
        kept = {
            name: os.environ[name] for name in ("LANG", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ
        }
        beside = {
            "PATH": path,
            "HOME": str(self._home),
            "SBD_ROOT": str(self.machine.root),
            "SBD_ENV": str(self.machine.env),
        }
        return kept | self._variables | beside

    def _is_active(self, name: str) -> bool:
        return self.machine.systemctl("is-active", name).stdout.strip() == "active"

    def _is_ready(self) -> bool:
        """Tell whether the web process serves, or says that it stands still."""
        address = f"http://127.0.0.1:{self.machine.port}/health/ready"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError as error:
            with error:
                return b"maintenance" in error.read()
        except OSError:
            return False
        return True


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory
