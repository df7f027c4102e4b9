"""A machine in a directory: the shipped units, started by a `systemctl` that needs no systemd."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from family_site.settings.environment import BASE_DIR
from ops.embedded import ports
from tests.ops.deploy import shipped

UNITS = ("sbd-api", "sbd-worker", "sbd-beat", "sbd-metrics")
SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "LINK_SIGNING_KEY", "FIELD_KEY", "AUDIT_KEY")
SECONDS = 600  # only so that a broken test ends


class Machine:
    """Where releases are installed below ``at``, on servers that are there already.

    Attributes:
        root: where `/opt/sbd` is.
        env: the settings, as `/etc/sbd/sbd.env` has them.
    """

    def __init__(self, at: Path, systemctl: str, *, mongodb: str, cache: str, broker: str) -> None:
        """Lay it out; nothing runs."""
        self.at, self.root, self.env = at, at / "opt" / "sbd", at / "etc" / "sbd" / "sbd.env"
        self.port = next(ports.candidates(None, "PORT"))
        self._systemctl = systemctl
        for directory in (
            self.root / "releases",
            self.env.parent,
            at / "opt" / "backups",
            at / "run" / "sbd",
        ):
            directory.mkdir(parents=True)
        values = {
            "SBD_MODE": "production",
            "PORT": str(self.port),
            "METRICS_PORT": str(next(ports.candidates(None, "PORT"))),
            "PUBLIC_URL": "https://families.example.com",
            "ALLOWED_HOSTS": "families.example.com",
            "MONGODB_URI": mongodb,
            "REDIS_URL": cache,
            "CELERY_BROKER_URL": broker,
            **{name: secrets.token_urlsafe(48) for name in SECRETS},
        }
        self.env.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        self._install_units()
        self._wrapper = at / "systemctl"
        self._wrapper.write_text(f'#!/bin/sh\nexec {systemctl} --root={at} "$@"\n')
        self._wrapper.chmod(0o755)

    def _install_units(self) -> None:
        units = self.at / "etc" / "systemd" / "system"
        units.mkdir(parents=True)
        for name in UNITS:
            text = (shipped.UNITS / f"{name}.service").read_text()
            for word in ("/opt/sbd", "/etc/sbd", "/var/lib/sbd", "/run/sbd", "/opt/backups"):
                text = text.replace(f"={word}", f"={self.at}{word}").replace(f" {word}", f" {self.at}{word}")
            # There is no such user here, and it is nobody else's business.
            text = text.replace("User=sbd\nGroup=sbd\n", "")
            (units / f"{name}.service").write_text(text)

    def systemctl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Call it."""
        return self.run(str(self._wrapper), *words)

    def run(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, with nothing of the tests' own settings around it."""
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "SBD_ROOT": str(self.root),
            "SBD_ENV": str(self.env),
            "SBD_SYSTEMCTL": str(self._wrapper),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            words,
            env=environment | variables,
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def active(self) -> list[str]:
        """Return the units that run."""
        return [name for name in UNITS if self.systemctl("is-active", name).stdout.strip() == "active"]

    def stop(self) -> None:
        """Stop all units."""
        self.systemctl("stop", *reversed(UNITS))


def make_environment(release: Path) -> None:
    """Give a release what is installed here, in place of what its lock would bring."""
    (release / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "python3"):
        (release / ".venv" / "bin" / name).symlink_to(Path(sys.executable).resolve())
    (release / ".venv" / "lib").symlink_to(Path(sys.prefix) / "lib")
    (release / ".venv" / "pyvenv.cfg").write_text((Path(sys.prefix) / "pyvenv.cfg").read_text())
    (release / ".venv" / ".installed").touch()


class Checkout:
    """A copy of the project with a history of its own."""

    def __init__(self, at: Path, git: str) -> None:
        """Copy what belongs to the project."""
        self.at, self._git = at, git
        at.mkdir()
        listed = subprocess.run(
            [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=BASE_DIR,
            check=True,
            capture_output=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (BASE_DIR / name).is_file():
                (at / name).parent.mkdir(parents=True, exist_ok=True)
                (at / name).write_bytes((BASE_DIR / name).read_bytes())
                (at / name).chmod((BASE_DIR / name).stat().st_mode)
        self._run("init", "--quiet", "--initial-branch", "main")

    def commit(self) -> None:
        """Keep what is there now."""
        self._run("add", "--all")
        person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        self._run(*person, "commit", "--quiet", "--message", "A release")

    def _run(self, *words: str) -> None:
        subprocess.run([self._git, "-C", str(self.at), *words], check=True, capture_output=True)
