"""What each escalation carries. Source: runbook inventory, E01 to E24."""

from datetime import timedelta

from ops.bundle import (
    books,
    configuration,
    machine,
    metrics,
    mongodb,
    mongolog,
    redis_parts,
    requests,
    told,
)
from ops.bundle.part import LOG_SECONDS, Part, Piece

LOG, MACHINE, SERVER = "log lines of all units", "this machine", "MongoDB"
REDIS, BROKER, SETTINGS = "Redis", "Redis of the jobs' queue", "settings"
METRICS, DOCTOR, NGINX = "metrics of the exporter", "doctor", "nginx' error log"
MONGODB_LOG, REDIS_LOG = "MongoDB's log", "Redis' log"
SVG = ".svg"

_OUTSIDE = (
    Piece("What doctor found", DOCTOR, books.outside),
    Piece("Mails by state", SERVER, books.mails),
    Piece("What mails met", SERVER, books.mail_faults),
    Piece("Figures", METRICS, metrics.figures("email", "component_up")),
)

PARTS = (
    Part(
        1,
        1,
        "Application logs",
        (
            Piece("Lines of all units", LOG, told.all_lines, LOG_SECONDS),
            Piece("Requests that did not come through", NGINX, told.nginx),
        ),
        timedelta(minutes=30),
    ),
    Part(
        2,
        1,
        "System resources",
        (
            Piece("Overview", MACHINE, machine.overview),
            Piece("Disks", MACHINE, machine.disks),
            Piece("Pressure", MACHINE, machine.pressure),
            Piece("Processes by memory", MACHINE, machine.processes),
        ),
    ),
    Part(
        3,
        1,
        "Configuration",
        (
            Piece("Settings", SETTINGS, configuration.variables),
            Piece("Programs", MACHINE, configuration.programs),
            Piece("Limits of a process", MACHINE, configuration.limits),
        ),
    ),
    Part(
        4,
        2,
        "MongoDB logs",
        (
            Piece("Warnings and worse", MONGODB_LOG, mongolog.troubles),
            Piece("Lines", MONGODB_LOG, mongolog.lines),
        ),
    ),
    Part(
        5,
        2,
        "Replica set status",
        (
            Piece("Members", SERVER, mongodb.members),
            Piece("Primary", SERVER, mongodb.primary),
            Piece("Configuration", SERVER, mongodb.configuration),
            Piece("Oplog", SERVER, mongodb.oplog),
        ),
    ),
    Part(
        6,
        2,
        "Disk and memory",
        (
            Piece("Memory of the server", SERVER, mongodb.memory),
            Piece("Databases", SERVER, mongodb.disk),
            Piece("Largest collections", SERVER, mongodb.collections),
            Piece("The server's process", MACHINE, mongodb.server_process),
            Piece("Machine", MACHINE, machine.overview),
            Piece("Disks", MACHINE, machine.disks),
        ),
    ),
    Part(
        7,
        3,
        "Redis logs and configuration",
        (
            Piece("State", REDIS, redis_parts.state),
            Piece("Configuration in force", REDIS, redis_parts.configuration),
            Piece("Log", REDIS_LOG, redis_parts.log),
        ),
    ),
    Part(
        8,
        3,
        "Memory",
        (
            Piece("Redis", REDIS, redis_parts.memory),
            Piece("Redis of the jobs' queue", BROKER, redis_parts.memory_of_broker),
            Piece("Keys by database", REDIS, redis_parts.keyspace),
        ),
    ),
    Part(
        9,
        3,
        "Connected clients",
        (
            Piece("Redis", REDIS, redis_parts.clients),
            Piece("Redis of the jobs' queue", BROKER, redis_parts.clients_of_broker),
        ),
    ),
    Part(
        10,
        4,
        "Error samples",
        (
            Piece("Kinds of errors", LOG, told.groups, LOG_SECONDS),
            Piece("The newest of each kind", LOG, told.samples, LOG_SECONDS),
            Piece("Requests that did not come through", NGINX, told.nginx),
        ),
    ),
    Part(
        11,
        4,
        "Error rate graph",
        (
            Piece("Chart", LOG, requests.rates_drawn, LOG_SECONDS, SVG),
            Piece("By minute", LOG, requests.rates, LOG_SECONDS),
            Piece("By route", LOG, requests.codes, LOG_SECONDS),
            Piece(
                "Counted since the start",
                METRICS,
                metrics.figures("api_errors", "http_refusals", "mongodb_errors", "redis_errors"),
            ),
        ),
    ),
    Part(
        12,
        4,
        "Recent deployments",
        (
            Piece("Starts", SERVER, books.deployments),
            Piece("Migrations", SERVER, books.migrations),
            Piece("This release", MACHINE, configuration.programs),
        ),
    ),
    Part(
        13,
        5,
        "Resource graphs",
        (
            Piece("Chart", MACHINE, machine.drawn, suffix=SVG),
            Piece("By moment", MACHINE, machine.sampled),
            Piece("Pressure", MACHINE, machine.pressure),
            Piece("Overview", MACHINE, machine.overview),
            Piece("Processes by memory", MACHINE, machine.processes),
            Piece(
                "Figures",
                METRICS,
                metrics.figures("process", "pressure", "http_lane", "mongodb_pool", "collection_documents"),
            ),
        ),
    ),
    Part(
        14,
        5,
        "Database performance",
        (
            Piece("Work since the start", SERVER, mongodb.work),
            Piece("Operations under way", SERVER, mongodb.under_way),
            Piece("Slow operations", MONGODB_LOG, mongolog.slow),
            Piece("Memory of the server", SERVER, mongodb.memory),
        ),
    ),
    Part(
        15,
        5,
        "Response times",
        (
            Piece("Chart", LOG, requests.times_drawn, LOG_SECONDS, SVG),
            Piece("By minute", LOG, requests.times, LOG_SECONDS),
            Piece("By route", LOG, requests.routes, LOG_SECONDS),
            Piece(
                "Counted since the start",
                METRICS,
                metrics.figures("http_requests", "http_request_duration_seconds"),
            ),
        ),
    ),
    Part(
        16,
        6,
        "Authentication errors",
        (
            Piece("By reason", LOG, told.auth_failures, LOG_SECONDS),
            Piece("What looked like an attack", SERVER, books.security_events),
            Piece(
                "Counted since the start",
                METRICS,
                metrics.figures("sign_ins", "token_rejections", "session_lookup"),
            ),
            Piece("What doctor found", DOCTOR, books.section(6)),
            Piece("Lines", LOG, told.auth_lines, LOG_SECONDS),
        ),
    ),
    Part(17, 6, "External services", _OUTSIDE),
    Part(18, 6, "User impact", (Piece("Signing in", LOG, told.auth_impact, LOG_SECONDS),)),
    Part(
        19,
        7,
        "Limit configuration",
        (
            Piece("Overrides", SERVER, books.overrides),
            Piece("Their mirror", REDIS, redis_parts.mirrored),
            Piece("Limits", SETTINGS, books.limits),
            Piece("What doctor found", DOCTOR, books.section(7)),
        ),
    ),
    Part(
        20,
        7,
        "User impact",
        (
            Piece("Who was refused", LOG, told.limit_impact, LOG_SECONDS),
            Piece("Counted since the start", METRICS, metrics.figures("rate_limit")),
        ),
    ),
    Part(21, 7, "Redis key analysis", (Piece("Keys by pattern", REDIS, redis_parts.keys),)),
    Part(
        22,
        8,
        "Family operation logs",
        (
            Piece("What was done, and refused", LOG, told.family_operations, LOG_SECONDS),
            Piece(
                "Counted since the start",
                METRICS,
                metrics.figures("family_operations", "token_operations", "token_refusals"),
            ),
            Piece("Lines", LOG, told.family_lines, LOG_SECONDS),
        ),
    ),
    Part(23, 8, "External services", _OUTSIDE),
    Part(
        24,
        8,
        "Integrity results",
        (
            Piece("What doctor found", DOCTOR, books.integrity),
            Piece("Jobs", SERVER, books.heartbeats),
        ),
    ),
)


def of(section: int | None) -> tuple[Part, ...]:
    """Return the parts of a section of the runbook; ``None``: all of them."""
    return tuple(part for part in PARTS if section in (None, part.section))


def sections() -> list[int]:
    """Return the sections that have parts."""
    return sorted({part.section for part in PARTS})
