"""doctor:mongo (runbook R012, R017, R018, R023): a writable primary, set up as the product needs it.

Asked through a client of its own: neither the process' pool nor its breaker stands between.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pymongo
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI, NetworkTimeout, OperationFailure, PyMongoError
from pymongo.read_preferences import ReadPreference
from pymongo.server_description import ServerDescription

from ops.doctor import mongo_end, mongo_log, mongo_login, mongo_probe, servers
from ops.doctor.check import Finding, Result
from ops.doctor.mongo_login import Login
from ops.doctor.servers import Kind
from ops.doctor.whereabouts import Whereabouts

MONGODB = Kind("MongoDB", "MONGODB_URI", "mongod")
SECONDS = 1.4  # the driver looks at it every 0.5 s only, so it gives up after 1.5 s
CONNECT_SECONDS = 1.0  # below it, so that the driver has time to say which member did not answer
# At the defaults of 60 s and 10 s, one killed client or one lost primary holds accounts for that long.
LIFETIME, ELECTION = "transactionLifetimeLimitSeconds", "electionTimeoutMillis"
WANTED = {LIFETIME: 5, ELECTION: 2000}
REMEDIES = {
    LIFETIME: "grep -n -A 5 setParameter /etc/mongod.conf",
    ELECTION: 'mongosh --quiet --eval "rs.conf().settings"',
}
MEMBERS = 'mongosh --quiet --eval "rs.status().members"'
LOG = "sudo tail -n 20 /var/log/mongodb/mongod.log"
ROLES = 'mongosh --quiet --eval "db.runCommand({connectionStatus: 1}).authInfo"'
UNAUTHORIZED, AUTHENTICATION_FAILED = 13, 18
REFUSALS = {
    UNAUTHORIZED: "MONGODB_URI holds no user and password, and they are asked for, or the user lacks a role",
    AUTHENTICATION_FAILED: "user or password in MONGODB_URI are wrong, or authSource names another database",
}
TLS, CLOSED = "TLS", "it closes the connection at once"
DEFAULT_PORT = 27017

Client: TypeAlias = MongoClient[dict[str, Any]]


def look(where: Whereabouts) -> Finding:
    """Ask for the primary, then ask it how it is set up."""
    address = where.mongodb
    if address is None:
        found = servers.nowhere(MONGODB, where)
        return mongo_end.told(found, mongo_log.last_words(where, "localhost", None), where)
    with pymongo.timeout(SECONDS):
        try:
            client: Client = MongoClient(
                address,
                serverSelectionTimeoutMS=int(SECONDS * 1000),
                connectTimeoutMS=int(CONNECT_SECONDS * 1000),
                minPoolSize=0,
                appname="sbd-doctor",
            )
        except (InvalidURI, ConfigurationError, ValueError, TypeError):
            return servers.unreadable(MONGODB)
        with client:
            return _asked(client, where)


def _asked(client: Client, where: Whereabouts) -> Finding:
    try:
        started = time.perf_counter()
        hello = client.admin.command("hello", read_preference=ReadPreference.PRIMARY)
        milliseconds = (time.perf_counter() - started) * 1000
        if not hello.get("setName"):
            return _no_set()
        if not hello["isWritablePrimary"]:
            return _no_primary(f"{hello['me']} answers, but it is not the primary")
        version = client.server_info()["version"]
        found = {LIFETIME: _parameter(client), ELECTION: _election_timeout(client)}
        login = mongo_login.login_of(client, where)
        probed = None if login.lacks else mongo_probe.tried(client, where)
    except OperationFailure as error:
        return _refused(error)
    except PyMongoError:
        return _unreachable(client, where)
    facts = f"{version}, set {hello['setName']}, primary {hello['primary']}, {milliseconds:.0f} ms"
    if probed is not None:
        return replace(probed, evidence=(f"{probed.evidence[0]}; {facts}",))
    return _lacking(facts, login) if login.lacks else _judged(facts, found, login)


def _lacking(facts: str, login: Login) -> Finding:
    return Finding(
        Result.FAILED,
        (f"{facts}; {login}, may not {', '.join(login.lacks)}",),
        "the login of MONGODB_URI lacks the role readWrite on the product's database",
        ROLES,
    )


def _judged(facts: str, found: Mapping[str, Any], login: Login) -> Finding:
    """Compare what was found with what the product needs; ``None``: this login may not see it."""
    seen = ", ".join(f"{name} {'may not be read' if each is None else each}" for name, each in found.items())
    evidence = (f"{facts}; {seen}", str(login))
    wrong = [name for name, each in found.items() if each is not None and each != WANTED[name]]
    if not wrong:
        return Finding(Result.OK, evidence)
    cause = "; ".join(f"{name} was not set to {WANTED[name]}" for name in wrong)
    return Finding(Result.DEGRADED, evidence, cause, REMEDIES[wrong[0]])


def _parameter(client: Client) -> Any:
    return _allowed(client, {"getParameter": 1, LIFETIME: 1}).get(LIFETIME)


def _election_timeout(client: Client) -> Any:
    config = _allowed(client, {"replSetGetConfig": 1}).get("config", {})
    return config.get("settings", {}).get(ELECTION)


def _allowed(client: Client, command: dict[str, Any]) -> dict[str, Any]:
    """Run a command for which the service's login may lack the right: then the answer is empty."""
    try:
        return client.admin.command(command)
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            return {}
        raise


def _no_set() -> Finding:
    return Finding(
        Result.FAILED,
        ("a server answers, but it belongs to no replica set",),
        "mongod runs without --replSet, or the set was never initiated: transactions cannot work",
        "grep -n -A 3 replication /etc/mongod.conf",
    )


def _no_primary(evidence: str) -> Finding:
    return Finding(
        Result.FAILED,
        (evidence,),
        "an election goes on, a majority of the members is away, or MONGODB_URI names one member only",
        MEMBERS,
    )


def _another_set(evidence: str) -> Finding:
    return Finding(Result.FAILED, (evidence,), "replicaSet in MONGODB_URI is not the set's name", MEMBERS)


def _refused(error: OperationFailure) -> Finding:
    name = (error.details or {}).get("codeName", error.code)
    cause = REFUSALS.get(error.code or 0, "MongoDB cannot do what every healthy member can")
    return Finding(Result.FAILED, (f"MongoDB refuses: {name}",), cause, LOG)


def _unreachable(client: Client, where: Whereabouts) -> Finding:
    """Read from the driver what it met at each member."""
    members = list(client.topology_description.server_descriptions().values())
    if not members:  # the driver forgets members that belong to another set
        return _another_set("the servers that answer belong to another replica set")
    faults = {(each.address[0], each.address[1] or DEFAULT_PORT): _fault(each) for each in members}
    evidence = "; ".join(f"{host}:{port}: {fault}" for (host, port), fault in faults.items())
    if any(isinstance(each.error, ConfigurationError) for each in members):
        return _another_set(evidence)
    known = [each for each in members if each.is_server_type_known]
    if known and not any(each.is_writable for each in known):
        return _no_primary(evidence)
    if unusable := _unusable(evidence, set(faults.values())):
        return unusable
    found = servers.unreachable(MONGODB, where, faults)
    if set(faults.values()) != {servers.REFUSED}:
        return found
    host, port = next(iter(faults))
    return mongo_end.told(found, mongo_log.last_words(where, host, port), where, members=len(faults))


def _unusable(evidence: str, faults: set[str]) -> Finding | None:
    """Say why servers that answer cannot be talked to; ``None``: they do not answer."""
    if all(fault.startswith(TLS) for fault in faults):
        cause = (
            "the two do not agree on TLS: a certificate has ended or is of another name, tlsCAFile in "
            "MONGODB_URI is not its authority, or only one of them wants TLS; no restart helps"
        )
        return Finding(Result.FAILED, (evidence,), cause, "grep -n -A 6 tls /etc/mongod.conf")
    if faults == {CLOSED}:
        cause = "it wants TLS and MONGODB_URI has none, or it has no room for another connection"
        return Finding(Result.FAILED, (evidence,), cause, LOG)
    return None


def _fault(member: ServerDescription) -> str:
    if member.is_writable:  # the driver found it, and then a command was not answered
        return servers.silence(SECONDS)
    if member.is_server_type_known:
        return f"answers as {member.server_type_name}"
    if member.error is None or isinstance(member.error, NetworkTimeout):
        return servers.silence(CONNECT_SECONDS)
    if isinstance(member.error, ConfigurationError):
        return "belongs to another replica set"
    return _met(str(member.error)) or type(member.error).__name__


def _met(said: str) -> str | None:
    """Say what the driver met, of its own words; ``None``: nothing in them is news."""
    if "Connection refused" in said:
        return servers.REFUSED
    if "SSL" in said or "certificate" in said:
        reason = re.search(r"\[SSL: (\w+)\]", said)
        return f"{TLS} cannot be agreed on{f' ({reason[1]})' if reason else ''}"
    if said.endswith("connection closed") or "connection closed (" in said:
        return CLOSED
    # "host:port: [Errno -2] Name or service not known (configured timeouts: …)": the middle is news
    found = re.search(r"\[Errno -?\d+\] ([^(]+)", said)
    return found[1].strip() if found else None
