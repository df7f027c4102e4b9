"""The environment, typed: every variable the system reads, with its default and its check.

Source: design, section 2 (settings). ``.env.example`` and the table in the documentation follow the
``description`` of each field; a test holds them together.
"""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from family_site.settings import external_sign_in, incidents, operations
from family_site.settings.strength import weakness
from ops.jobs import broker
from ops.outbox import server as mail_server

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class Mode(StrEnum):
    """How the system is run."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class SettingsError(Exception):
    """The environment is not fit to start with; one line a fault, each naming its variable."""

    def __init__(self, faults: list[str]) -> None:
        """Take all faults at once."""
        super().__init__("\n".join(f"settings: {fault}" for fault in faults))
        self.faults = faults


class Environment(external_sign_in.ExternalSignIn, operations.Operations, incidents.Incidents):
    """The variables, read from the process' environment first and from ``.env`` second."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore", env_ignore_empty=True)

    sbd_mode: Mode = Field(Mode.PRODUCTION, description="`demo`, `test` or `production`.")
    sbd_var: Path = Field(
        BASE_DIR / "var", description="Directory of the embedded servers' data and secrets."
    )
    port: int = Field(8000, ge=1, le=65535, description="Port of the web server started by `make run`.")
    secret_key: str = Field("", description="Signs browser sessions and forms. At least 32 characters.")
    jwt_signing_key: str = Field(
        "",
        description="Signs access and refresh tokens. At least 32 characters. Several with commas between: "
        "the first signs, all verify.",
    )
    link_signing_key: str = Field(
        "",
        description="Derives the tokens of mailed links. At least 32 characters. Several with commas "
        "between: the first is for new links, those of the others still open.",
    )
    field_key: str = Field(
        "",
        description="Seals secrets in the database: those of second factors, codes on their way. At least 32 "
        "characters. Several with commas between: the first seals, the others still open.",
    )
    audit_key: str = Field(
        "",
        description="Seals the audit log into its chain. At least 32 characters. Several with commas "
        "between: the first seals, what the others sealed is still verified.",
    )
    mongodb_uri: str = Field(
        "", description="Replica set to use; empty: the embedded server (not in production)."
    )
    mongodb_max_pool_size: int = Field(100, ge=1, le=1000, description="Most connections of one process.")
    mongodb_min_pool_size: int = Field(10, ge=0, le=1000, description="Connections kept open by one process.")
    redis_url: str = Field(
        "", description="Cache and limits; empty: the embedded server (not in production)."
    )
    celery_broker_url: str = Field(
        "",
        description="Redis of the jobs' queue; empty: database 1 of REDIS_URL's server (not in production).",
    )
    enable_query_cache: bool = Field(default=True, description="Whether costly figures are remembered.")
    cache_ttl: int = Field(300, ge=1, le=86_400, description="Seconds for which they are remembered.")
    sbd_workers: int = Field(2, ge=1, le=64, description="Web processes.")
    public_url: str = Field("", description="Address that people type, without a final slash.")
    allowed_hosts: str = Field("", description="Names the server answers to, separated by commas.")
    mail_url: str = Field(
        "",
        description="Mail server: `smtp://`, `smtps://` or `smtp+starttls://`, then "
        "`user:password@host:port`; empty: none, mails wait (in the demo they are shown at `/demo/inbox`).",
    )
    mail_from: str = Field("", description="Sender of every mail; needed with `MAIL_URL`.")
    mail_per_minute: int = Field(600, ge=1, le=1_000_000, description="Most mails a minute, of all workers.")
    mail_concurrency: int = Field(
        2, ge=1, le=64, description="Most connections to the mail server at a time, of all workers."
    )
    app_url: str = Field(
        "", description="Address of the app that people are sent on to, without a final slash."
    )
    require_confirmed_email: str = Field(
        "",
        pattern="^(true|false)?$",
        description="Whether inviting, joining, moving tokens and permanent tokens need a confirmed address; "
        "empty: in production.",
    )
    staff_second_factor: str = Field(
        "",
        pattern="^(required|offered)?$",
        description="Whether members of staff must have a second factor; empty: in production.",
    )
    console_idle_minutes: int = Field(
        30,
        ge=1,
        le=12 * 60,
        description="Minutes without a request after which a session in the operator console ends.",
    )
    issue_alone_up_to: int = Field(
        10_000,
        ge=0,
        le=10**12,
        description="Most tokens that one member of staff issues at a time without a second person.",
    )
    merchant_account: str = Field(
        "system_merchant",
        pattern="^[a-z0-9_-]{3,64}$",
        description="Name of the account that purchases are paid to; it must exist.",
    )
    enable_rate_limits: str = Field(
        "true",
        pattern="^(true|false)$",
        description="Whether calls are counted against the rate limits. Wrong passwords always are.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks, with commas between, of the proxies whose `X-Forwarded-For` "
        "tells where a call comes from; empty: nobody's does.",
    )

    @field_validator("sbd_var", "metrics_dir", "backup_dir")
    @classmethod
    def _from_the_root(cls, directory: Path | None) -> Path | None:
        """Take a relative path from the project's root, wherever the process was started."""
        return directory and BASE_DIR / directory

    @field_validator("trusted_proxies")
    @classmethod
    def _only_networks(cls, networks: str) -> str:
        """Refuse what is no address and no network."""
        _networks(networks)
        return networks

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of trusted proxies."""
        return _networks(self.trusted_proxies)

    @property
    def jwt_signing_keys(self) -> list[str]:
        """The keys of tokens, the one that signs first."""
        return [key.strip() for key in self.jwt_signing_key.split(",")]

    @property
    def link_signing_keys(self) -> list[str]:
        """The keys of links, the one for new links first."""
        return [key.strip() for key in self.link_signing_key.split(",")]

    @property
    def field_keys(self) -> list[str]:
        """The keys of sealed fields, the one that seals first."""
        return [key.strip() for key in self.field_key.split(",")]

    @property
    def audit_keys(self) -> list[str]:
        """The keys of the audit log's chain, the one that seals first."""
        return [key.strip() for key in self.audit_key.split(",")]


SECRETS = ("secret_key", "jwt_signing_key", "link_signing_key", "field_key", "audit_key")
NEEDED_IN_PRODUCTION = ("mongodb_uri", "redis_url", "celery_broker_url", "public_url", "allowed_hosts")


def _networks(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each.strip()) for each in listed.split(",") if each.strip())


def load() -> Environment:
    """Read and check the environment.

    Raises:
        SettingsError: with one line for each faulty variable.
    """
    # The secrets of demo and tests come from a file; what the environment says wins over it.
    try:
        environment = Environment()
    except ValidationError as error:
        raise SettingsError([_sentence(fault) for fault in error.errors()]) from None
    if environment.sbd_mode != Mode.PRODUCTION:
        from family_site.settings import demo_secrets  # noqa: PLC0415  # production never needs it

        try:
            environment = environment.model_copy(update=demo_secrets.missing(environment, SECRETS))
        except OSError as error:
            raise SettingsError([_unwritable(environment.sbd_var, error)]) from None
    faults = [*_weak_keys(environment), *_production_faults(environment), *_pool_faults(environment)]
    faults += [*_mail_faults(environment), *external_sign_in.faults(environment)]
    production = environment.sbd_mode == Mode.PRODUCTION
    if faults := [*faults, *incidents.faults(environment, production=production)]:
        raise SettingsError(faults)
    return environment


def _unwritable(directory: Path, error: OSError) -> str:
    what = f"SBD_VAR: {directory} cannot be written ({error.strerror})"
    return f"{what}: make room, make it yours, or name another directory"


def given(variable: str) -> bool:
    """Tell whether a variable has a value of its own, in the environment or in ``.env``."""
    return variable.lower() in {name.lower() for name in Environment().model_fields_set}


def _sentence(fault: Any) -> str:
    """Put one of pydantic's findings in a line; the value itself stays out, it may be a secret."""
    return f"{str(fault['loc'][0]).upper()} is not right: {fault['msg']}"


def _weak_keys(environment: Environment) -> list[str]:
    command = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    return [
        f"{name} {fault}; make one with: {command}"
        for name, key in _keys(environment)
        if (fault := weakness(key))
    ]


def _keys(environment: Environment) -> list[tuple[str, str]]:
    """Return every key, after what it is called in a fault."""
    return [
        ("SECRET_KEY", environment.secret_key),
        *_numbered("JWT_SIGNING_KEY", environment.jwt_signing_keys),
        *_numbered("LINK_SIGNING_KEY", environment.link_signing_keys),
        *_numbered("FIELD_KEY", environment.field_keys),
        *_numbered("AUDIT_KEY", environment.audit_keys),
        *([("BACKUP_KEY", environment.backup_key)] if environment.backup_key else []),
    ]


def _numbered(name: str, keys: list[str]) -> list[tuple[str, str]]:
    """Return each key after its name, which has its place where there are several."""
    if len(keys) == 1:
        return [(name, keys[0])]
    return [(f"{name} (key {place})", key) for place, key in enumerate(keys, start=1)]


def _production_faults(environment: Environment) -> list[str]:
    if environment.sbd_mode != Mode.PRODUCTION:
        return []
    missing = [name for name in NEEDED_IN_PRODUCTION if not getattr(environment, name)]
    faults = [f"{name.upper()} is missing (only SBD_MODE=demo has a default for it)" for name in missing]
    if environment.public_url and not environment.public_url.startswith("https://"):
        faults.append("PUBLIC_URL must begin with https://")
    if "*" in environment.allowed_hosts:
        faults.append("ALLOWED_HOSTS must name the hosts; * answers to any name")
    if broker.same_server(environment.celery_broker_url, environment.redis_url or "none"):
        # The cache's may throw keys away when it is full, and keeps no log of what it was told.
        faults.append("CELERY_BROKER_URL must name another server than REDIS_URL")
    keys = [key for _, key in _keys(environment) if key]
    if len(set(keys)) != len(keys):
        *others, last = (name.upper() for name in SECRETS)
        faults.append(f"{', '.join(others)} and {last} must differ from each other")
    return faults


def _pool_faults(environment: Environment) -> list[str]:
    if environment.mongodb_min_pool_size > environment.mongodb_max_pool_size:
        return ["MONGODB_MIN_POOL_SIZE is larger than MONGODB_MAX_POOL_SIZE"]
    return []


def _mail_faults(environment: Environment) -> list[str]:
    """Say what is wrong with the mail server; the address stays out, it may hold a password."""
    faults = []
    if environment.mail_from and (fault := mail_server.fault_of_sender(environment.mail_from)):
        faults.append(f"MAIL_FROM {fault}")
    if not environment.mail_url:
        return faults
    if not environment.mail_from:
        faults.append("MAIL_FROM is missing (needed with MAIL_URL)")
    try:
        server = mail_server.parsed(environment.mail_url)
    except ValueError as error:
        return [*faults, f"MAIL_URL is not right: {error}"]
    if environment.sbd_mode == Mode.PRODUCTION and server.tells_password_to_all:
        faults.append("MAIL_URL would send its password without TLS: use smtps:// or smtp+starttls://")
    return faults
