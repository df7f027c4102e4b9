"""The variables of incidents: who is called, over what, by whom alerts come, and where people look."""

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings

from family_site.settings.strength import weakness

# Who there is to call; each has a variable `CONTACT_<NAME>`.
CONTACTS = (
    "on_call_engineer",
    "devops_team",
    "devops_lead",
    "engineering_lead",
    "database_admin",
    "security_team",
    "ciso",
    "cto",
    "ceo",
    "legal",
    "external_security",
)
# The runbook's escalation matrix: who is told first, second and last, by the kind of incident.
MATRIX: Mapping[str, tuple[str, ...]] = {
    "outage": ("on_call_engineer", "devops_lead", "cto"),
    "security": ("security_team", "ciso", "ceo"),
    "data": ("database_admin", "devops_lead", "cto"),
    "performance": ("devops_team", "engineering_lead", "cto"),
}
LOCAL = ("localhost", "127.0.0.1", "::1")
_CONTACT = "An e-mail address, a telephone number, or both with a comma between."


class Webhook(NamedTuple):
    """The second channel: where to, and what its calls are signed with."""

    url: str
    secret: str


class Incidents(BaseSettings):
    """Who is told of incidents."""

    contact_on_call_engineer: str = Field("", description=f"Who is on call. {_CONTACT}")
    contact_devops_team: str = Field("", description=f"The DevOps team. {_CONTACT}")
    contact_devops_lead: str = Field("", description=f"Who leads DevOps. {_CONTACT}")
    contact_engineering_lead: str = Field("", description=f"Who leads engineering. {_CONTACT}")
    contact_database_admin: str = Field("", description=f"Who answers for the database. {_CONTACT}")
    contact_security_team: str = Field("", description=f"The security team. {_CONTACT}")
    contact_ciso: str = Field("", description=f"Who answers for information security. {_CONTACT}")
    contact_cto: str = Field("", description=f"Who answers for technology. {_CONTACT}")
    contact_ceo: str = Field("", description=f"Who answers for the company. {_CONTACT}")
    contact_legal: str = Field("", description=f"Who answers for law and privacy. {_CONTACT}")
    contact_external_security: str = Field("", description=f"The security firm from outside. {_CONTACT}")
    escalation_matrix: str = Field(
        "",
        description="Who is told first, second and last, by kind of incident, as JSON: "
        '`{"outage": ["on_call_engineer", "devops_lead", "cto"]}`; kinds that are left out, or empty: '
        "as in the runbook.",
    )
    escalation_webhook_url: str = Field(
        "", description="The second channel beside mail: escalations are posted there; empty: none."
    )
    escalation_webhook_secret: str = Field(
        "",
        description="Signs what is posted there, at least 32 characters; needed with the address.",
    )
    monitoring_secret: str = Field(
        "",
        description="What Alertmanager shows at `POST /admin/alerts`, at least 32 characters; several with "
        "commas between: all are taken; empty: alerts come from staff only.",
    )
    monitoring_url: str = Field("", description="Address of the monitoring; the console links there.")
    logs_url: str = Field("", description="Address of the log store; the console links there.")
    status_url: str = Field(
        "", description="Address of the status page as people type it; empty: `/status` of `PUBLIC_URL`."
    )


def contacts(environment: Incidents) -> dict[str, str]:
    """Return what was set for each contact, by its name; empty: nothing was."""
    return {name: getattr(environment, f"contact_{name}").strip() for name in CONTACTS}


def matrix(environment: Incidents) -> dict[str, tuple[str, ...]]:
    """Return the names of the contacts to tell, in order, by kind of incident."""
    given = json.loads(environment.escalation_matrix) if environment.escalation_matrix else {}
    return {**MATRIX, **{kind: tuple(names) for kind, names in given.items()}}


def webhook(environment: Incidents) -> Webhook | None:
    """Return the second channel; ``None``: there is none."""
    if not environment.escalation_webhook_url:
        return None
    return Webhook(environment.escalation_webhook_url, environment.escalation_webhook_secret)


def monitoring_secrets(environment: Incidents) -> tuple[str, ...]:
    """Return what Alertmanager may show."""
    return tuple(each.strip() for each in environment.monitoring_secret.split(",") if each.strip())


def links(environment: Incidents, public_url: str) -> dict[str, str]:
    """Return where operators look, by name; what was not set is missing."""
    given = {
        "Monitoring": environment.monitoring_url,
        "Logs": environment.logs_url,
        "Status page": environment.status_url or f"{public_url}/status",
    }
    return {name: address for name, address in given.items() if address}


def faults(environment: Incidents, *, production: bool) -> list[str]:
    """Say what is wrong; the values stay out, some are secret."""
    found = _faults_of_matrix(environment.escalation_matrix)
    found += [
        f"MONITORING_SECRET {fault}"
        for secret in monitoring_secrets(environment)
        if (fault := weakness(secret))
    ]
    given = webhook(environment)
    if given:
        found += [
            f"ESCALATION_WEBHOOK_URL {fault}" for fault in _faults_of_url(given.url, production=production)
        ]
        if fault := weakness(given.secret):
            found.append(f"ESCALATION_WEBHOOK_SECRET {fault}")
    for name in ("monitoring_url", "logs_url", "status_url"):
        if address := getattr(environment, name):
            found += [f"{name.upper()} {fault}" for fault in _faults_of_url(address, production=False)]
    return found


def _faults_of_matrix(text: str) -> list[str]:
    if not text:
        return []
    try:
        given = json.loads(text)
    except ValueError:
        return ["ESCALATION_MATRIX is no JSON"]
    if not isinstance(given, dict) or not set(given) <= set(MATRIX):
        return [f"ESCALATION_MATRIX must be an object with the keys {', '.join(MATRIX)}"]
    good = all(
        isinstance(names, list) and names and set(map(str, names)) <= set(CONTACTS)
        for names in given.values()
    )
    return [] if good else [f"ESCALATION_MATRIX must name contacts: {', '.join(CONTACTS)}"]


def _faults_of_url(url: str, *, production: bool) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ["is no address"]
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ["must begin with http:// or https://, and name a host"]
    if production and parts.scheme != "https" and parts.hostname not in LOCAL:
        return ["must begin with https://"]
    return []
