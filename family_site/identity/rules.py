"""What a name and a password must be, and what a session may. Source: HTTP contract, sections 4 and 11."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from ops.actors import EVERYTHING, Actor, ActorKind
from ops.addresses import parsed
from ops.errors import Fault

RESERVED_PREFIXES = ("family_", "team_", "admin_", "system_", "bot_", "service_")
RESERVED_NAMES = frozenset(
    {"admin", "administrator", "anonymous", "root", "staff", "superuser", "support", "system"}
)
USERNAME = re.compile(r"[a-z0-9_-]{3,50}\Z")
USERNAME_LENGTH = (3, 50)
PASSWORD_LENGTH = (8, 128)
EMAIL_LENGTH = 254


class TryLimit(NamedTuple):
    """Who has tried so often within the window has to wait for its end.

    ``counts``: by what is counted, ``identifier`` (what was typed), ``user`` (their id in its place),
    ``address`` (of the network), or several of them.
    """

    operation: str
    counts: tuple[str, ...]
    most: int
    window: timedelta

    @property
    def scope(self) -> str:
        """What the caller is told that it is about."""
        return self.counts[0]


QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
# Beside what was typed, the address counts in the first, so that somebody far away cannot keep a person out
# with five guesses. Source: HTTP contract, section 3 (login, password_forgot, verify_resend).
SIGN_IN_LIMITS = (
    TryLimit("login", ("identifier", "address"), 5, QUARTER),
    TryLimit("login", ("identifier",), 20, HOUR),
)
# Codes of a second factor, wherever they are asked for. Source: as above (login_2fa).
CODE_LIMITS = (TryLimit("login_2fa", ("user",), 10, HOUR),)
TRIES_A_CHALLENGE = 5
CHALLENGED_WITHIN = timedelta(minutes=5)
SET_UP_WITHIN = FRESH_FOR = timedelta(minutes=10)
BACKUP_CODES = 10
LONGEST_CODE = 32  # as typed; ours have eleven characters at most
FORGOT_LIMITS, RESEND_LIMITS = (
    (TryLimit(operation, ("address",), 5, HOUR), TryLimit(operation, ("identifier",), 5, HOUR))
    for operation in ("password_forgot", "verify_resend")
)
CONFIRMED_WITHIN = timedelta(hours=48)
RESET_WITHIN = HOUR
DEVICES_KEPT = 20
VIEW_AS = "identity.view_as"
# Field of a user: since when they must choose a new password.
NEW_PASSWORD_SINCE = "new_password_since"  # noqa: S105  # the name of a field


class SecurityEvent(StrEnum):
    """What a user is warned of. Source: HTTP contract, section 12 (``security``)."""

    NEW_DEVICE = "new_device"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # an event
    PASSWORD_RESET = "password_reset"  # noqa: S105  # an event
    TOKEN_REUSED = "token_reused"  # noqa: S105  # an event
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_REPLACED = "second_factor_replaced"
    SECOND_FACTOR_OFF = "second_factor_off"
    SECOND_FACTOR_RESET = "second_factor_reset"
    BACKUP_CODES_MADE = "backup_codes_made"
    BACKUP_CODE_USED = "backup_code_used"
    PERMANENT_TOKEN_MADE = "permanent_token_made"  # noqa: S105  # an event
    PERMANENT_TOKEN_REVOKED = "permanent_token_revoked"  # noqa: S105  # an event


# Source: HTTP contract, section 11 (permanent-tokens).
TOKEN_PREFIX, TOKEN_BYTES = "sbdp_", 32
PERMANENT_TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}\Z")
MOST_TOKENS, MOST_NETWORKS = 20, 20
TOKEN_FOR, LONGEST_TOKEN_FOR = timedelta(days=90), timedelta(days=366)
REPEATED_SECONDS = 10  # as long as a client may still miss the answer to a refresh
MIN_NAME_TO_COMPARE = 4  # shorter names stand in too many words
UNKNOWN_DEVICE = "unknown device"
# What stands in a browser's user agent, the more particular first: most of them also name the others.
BROWSERS = (
    *(("EdgiOS/", "Edge"), ("EdgA/", "Edge"), ("Edg/", "Edge"), ("OPR/", "Opera")),
    *(("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox")),
    *(("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}(?=/|\Z)")
# A local part, one @, a domain with a dot: the mail itself is the proof, this only catches slips.
EMAIL = re.compile(r"[^\s@\x00-\x20<>(),:;\"\[\]\\]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+\Z")


def folded_email(address: str) -> str:
    """Return an address as it is stored and compared: case-folded; ``+`` tags stay."""
    return address.strip().casefold()


def email_fault(address: str) -> Fault | None:
    """Say that a text has not the form of an address; ``None``: it has."""
    folded = folded_email(address)
    # Where folding does more than lower-case, as to a sharp s, it would make it another person's address.
    same = folded == address.strip().lower()
    if same and len(folded) <= EMAIL_LENGTH and EMAIL.match(folded):
        return None
    return Fault("invalid_format", "This is no e-mail address.")


def username_fault(username: str) -> Fault | None:
    """Say why nobody may take this name, in whatever case; ``None``: somebody may."""
    lowered = username.lower()
    if not USERNAME.match(lowered):
        return Fault("invalid_format", "Letters a-z, digits, _ and - only.")
    if lowered in RESERVED_NAMES or lowered.startswith(RESERVED_PREFIXES):
        return Fault("reserved", "This name is kept for the system.")
    return None


def weaknesses(password: str, username: str) -> list[str]:
    """Return what a password lacks, as sentences; an empty list: nothing."""
    wanted = (
        (any(c.isupper() for c in password), "An upper-case letter is needed."),
        (any(c.islower() for c in password), "A lower-case letter is needed."),
        (any(c.isdigit() for c in password), "A digit is needed."),
        (any(not c.isalnum() for c in password), "A special character is needed."),
        (not _alike(password, username), "It is too much like the username."),
    )
    return [sentence for fulfilled, sentence in wanted if not fulfilled]


def _alike(password: str, username: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", password.lower())
    name = re.sub(r"[^a-z0-9]", "", username.lower())
    if len(name) < MIN_NAME_TO_COMPARE:
        return plain == name
    return name in plain or (plain != "" and plain in name)


def may_be_repeated(jti: str, previous: Mapping[str, Any] | None, now: datetime) -> bool:
    """Tell whether a used refresh token is the last used one, and was used only a moment ago."""
    if previous is None or jti != previous["jti"]:
        return False
    used_for: float = now.timestamp() - previous["rotated_at"]
    return used_for <= REPEATED_SECONDS


def device(user_agent: str | None) -> str:
    """Return a short label of what somebody signed in with, for example "Firefox on Linux" or "curl"."""
    sent = user_agent or ""
    browser = next((name for mark, name in BROWSERS if mark in sent), None)
    system = next((name for mark, name in SYSTEMS if mark in sent), None)
    if sent.startswith("Mozilla/"):
        return " on ".join(part for part in (browser or "a browser", system) if part)
    program = PROGRAM.match(sent)
    return program[0] if program else UNKNOWN_DEVICE


def network(address: str) -> str:
    """Return the network of an address, the same for all that one household or office has at a time."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))  # noqa: PLR2004  # IPv4


def right_missing_to_disable(user_id: str, *, is_staff: bool, actor: Actor) -> str | None:
    """Name the right that the actor lacks to disable a user, or to enable them; ``None``: they may.

    Nobody locks themselves out, and only superusers decide about staff; jobs and the shell may.
    """
    if actor.id == user_id:
        return "another member of staff"
    if is_staff and actor.kind == ActorKind.STAFF and not actor.may(EVERYTHING):
        return "superuser"
    return None


def right_missing_to_view_as(user_id: str, *, is_staff: bool, actor: Actor) -> str | None:
    """Name the right that the actor lacks to see what somebody sees; ``None``: they may.

    What staff see is for superusers only: nobody looks through the eyes of who may more than they.
    """
    if actor.id == user_id:
        return "another person"
    if is_staff and not actor.may(EVERYTHING):
        return "superuser"
    return None if actor.may(VIEW_AS) else VIEW_AS


def tokens_in_force(user: Mapping[str, Any], now: datetime) -> list[Mapping[str, Any]]:
    """Return what a user's document says of their permanent tokens that have not ended."""
    return [
        each
        for each in user.get("permanent_tokens") or ()
        if each["security_stamp"] == user["security_stamp"] and each["expires_at"] > now.timestamp()
    ]


def is_token_revoked(token: Mapping[str, Any], stamp: str | None) -> bool:
    """Tell whether a permanent token has ended before its time; ``stamp``: its user's, as it is now."""
    return token["revoked_at"] is not None or token["security_stamp"] != stamp


def fault_of_token(
    token: Mapping[str, Any], user: Mapping[str, Any], *, address: str | None, now: datetime
) -> str | None:
    """Say why a permanent token is not taken: a reason of ``INVALID_TOKEN``; ``None``: it is.

    Args:
        token, user: their documents.
        address: of the network, from which it came.
        now: time of the call; a token has expired from the very second of ``expires_at``.
    """
    if not user["is_active"] or is_token_revoked(token, user["security_stamp"]):
        return "revoked"
    if token["expires_at"] <= now:
        return "expired"
    return None if is_from(address, token["ip_restrictions"]) else "address"


def is_from(address: str | None, networks: Sequence[str]) -> bool:
    """Tell whether an address is in one of these networks, or there are none to be in."""
    if not networks:
        return True
    found = parsed(address)
    return found is not None and any(found in ip_network(each) for each in networks)


def network_fault(text: str) -> Fault | None:
    """Say that a text is no address, and no network either; ``None``: it is one."""
    return None if network_of(text) else Fault("invalid_format", "Addresses and networks as 203.0.113.0/24.")


def network_of(text: str) -> str | None:
    """Return a network as it is stored, an address being one of its own; ``None``: it is none."""
    try:
        return str(ip_network(text))
    except ValueError:
        return None
