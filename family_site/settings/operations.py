"""Variables of logs, metrics and backups."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Operations(BaseSettings):
    """What operators set, and no request depends on."""

    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged."
    )
    log_format: str = Field(
        "",
        pattern="^(json|readable)?$",
        description="How lines of the log look; empty: readable in the demo on a terminal, else JSON.",
    )
    metrics_port: int = Field(9090, ge=1, le=65535, description="Port of the metrics, on loopback.")
    metrics_dir: Path | None = Field(
        None,
        description="Directory where processes count for the metrics; empty: `metrics` in SBD_VAR, in "
        "production `/run/sbd/metrics`.",
    )
    nginx_error_log: Path = Field(
        Path("/var/log/nginx/sbd-api.error.log"),
        description="Error log of the site in nginx, which `manage.py doctor` reads.",
    )
    backup_dir: Path | None = Field(
        None,
        description="Directory of the backups; empty: `backups` in SBD_VAR, in production `/opt/backups`.",
    )
    backup_keep: int = Field(7, ge=1, le=1000, description="Older backups that are kept beside the latest.")
    backup_key: str = Field(
        "", description="Encrypts older backups, at least 32 characters; empty: they are not encrypted."
    )


def count_in_files(directory: Path) -> None:
    """Let this process count in files for the exporter; read when prometheus_client is imported."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    directory.mkdir(parents=True, exist_ok=True)
