"""What is looked at without being asked for by a client.

doctor:ledger (runbook R084), and the part ``sbd_tokens`` of ``/health``: how the last check has ended.
doctor:requests: what has expired is marked. doctor:merchant, ``manage.py check --database default`` and the
start of the server: there is an account that purchases are paid to.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check

from ops import clock
from ops.doctor.asking import ask
from ops.doctor.check import Check, Finding, Result
from ops.doctor.unmarked import NO_JOBS, look_for_unmarked
from ops.doctor.whereabouts import Whereabouts
from ops.incidents.proofs import Proof
from ops.metrics.sources import Figure, Found, Source
from ops.mongo import faults
from ops.mongo.breaker import probe as probe_database
from tokens import queries, request_queries
from tokens.actions import checking
from tokens.actions.checking import Compared, Standing
from tokens.models.system import ISSUANCE
from tokens.rules import AccountStatus

# The job checks each night, and may take its time for it.
MOST_AGE = timedelta(hours=26)
FINDINGS_SHOWN = 5
VERIFY = ".venv/bin/python manage.py verify_ledger"
CORRECT = ".venv/bin/python manage.py doctor --fix correct_balance"
CHANGED = "documents of the ledger were changed past the product, or by a defect of it"
MIGRATE = ".venv/bin/python manage.py migrate"


def look(where: Whereabouts) -> Finding:
    """Compare balances with entries, and tell what the last check of the whole ledger found, and when."""
    asked = ask(where, lambda: (checking.standing(), checking.compared()))
    if isinstance(asked, Finding):
        return asked
    standing, compared = asked
    now = clock.now()
    if compared.drifts:
        return _drifted(compared)
    if standing.last is not None and standing.last["broken"]:
        return Finding(Result.FAILED, _broken(standing.last, now), CHANGED, VERIFY)
    evidence = (_checked(standing, now),)
    if _is_late(standing, now):
        return Finding(
            Result.DEGRADED,
            evidence,
            "the job tokens.ledger.verify does not run, or fails",
            VERIFY,
            due_to=NO_JOBS,
        )
    return Finding(Result.OK, evidence)


def look_at_all(where: Whereabouts) -> Finding:
    """Check the whole ledger now; how that ends is kept, as of the job that does it each night."""
    asked = ask(where, checking.standing)
    if isinstance(asked, Finding):
        return asked
    try:
        checking.check(checking.WHOLE, tell=lambda _progress: None)
    except checking.LedgerUnreadableError:
        cause = "MongoDB went away, or became too slow, while the ledger was read"
        return Finding(Result.COULD_NOT_LOOK, ("the ledger cannot be read",), cause, VERIFY)
    last, now = checking.standing().last, clock.now()
    if last is None or not last["broken"]:
        return Finding(Result.OK, (_checked(checking.standing(), now),))
    return Finding(Result.FAILED, _broken(last, now), CHANGED, VERIFY, due_to=("ledger",))


def assessed(since: datetime) -> Proof | None:
    """Return how a check of the whole ledger has ended that began after that; ``None``: there was none."""
    last = checking.standing().last
    if last is None or last["began_at"] < since:
        return None
    how = "is broken" if last["broken"] else "holds"
    return Proof(
        f"The ledger {how}: checked at {last['ended_at']:%H:%M}, {last['entries']:,} entries.", VERIFY
    )


def verified(since: datetime) -> Proof | None:
    """Return the same, if the ledger holds."""
    last = checking.standing().last
    return None if last is None or last["broken"] else assessed(since)


def probe() -> str | None:
    """Return what is wrong with the ledger, for `/health`; ``None``: nothing that is known."""
    standing, now = checking.standing(), clock.now()
    if standing.last is not None and standing.last["broken"]:
        return _broken(standing.last, now)[0]
    return _checked(standing, now) if _is_late(standing, now) else None


def figures() -> Mapping[str, Found]:
    """Return how the last check of the whole ledger ended, for the metrics."""
    last = checking.standing().last
    return {
        "ledger_drifted_accounts": last and float(sum(last["broken"].values())),
        "ledger_last_check_timestamp_seconds": last and last["ended_at"].timestamp(),
    }


def figures_of_requests() -> Mapping[str, Found]:
    """Return where requests wait that nobody can grant, for the metrics."""
    return {"accounts_frozen_with_open_requests": request_queries.frozen_families_with_requests(clock.now())}


def look_at_requests(where: Whereabouts) -> Finding:
    """Count what expired a while ago and is not marked; nobody can decide on it, marked or not."""
    return look_for_unmarked(
        where,
        request_queries.overdue_count,
        job="tokens.requests.expire",
        remedy=".venv/bin/python manage.py doctor --fix expire_requests",
    )


def look_at_merchant(where: Whereabouts) -> Finding:
    """Look for the account that purchases are paid to."""
    fault = ask(where, merchant_fault)
    if isinstance(fault, Finding):
        return fault
    if fault is None:
        return Finding(Result.OK, (f"purchases are paid to {settings.MERCHANT_ACCOUNT}",))
    cause, missing = "MERCHANT_ACCOUNT names no account that can be paid", "there is no account" in fault
    remedy = MIGRATE if missing else "grep -n '^MERCHANT_ACCOUNT' .env"
    return Finding(Result.FAILED, (fault,), cause, remedy, due_to=("schema",))


def merchant_fault() -> str | None:
    """Say what is wrong with the account that purchases are paid to; ``None``: nothing is."""
    name = settings.MERCHANT_ACCOUNT
    if name == ISSUANCE:
        return f"MERCHANT_ACCOUNT: {name} is where tokens come from, and nobody is paid there"
    account = queries.account_by_name(name)
    if account is None:
        return f"MERCHANT_ACCOUNT: there is no account {name}"
    closed = account["status"] == AccountStatus.CLOSED
    return f"MERCHANT_ACCOUNT: the account {name} is closed" if closed else None


def require_merchant() -> None:
    """Refuse to serve without that account; a database that is away does not hold up the start.

    Raises:
        RuntimeError: there is none.
    """
    if probe_database() is not None:
        return
    try:
        fault = merchant_fault()
    except Exception as error:
        if not faults.is_unavailable(error):
            raise
        return
    if fault is not None:
        raise RuntimeError(fault)


@register_check("database")
def check_merchant(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """``manage.py check --database default``: the account that purchases are paid to must exist."""
    if not databases or "default" not in databases or probe_database() is not None:
        return []  # that it is away, the look at the indexes tells
    fault, hint = merchant_fault(), "manage.py migrate opens system_merchant"
    return [] if fault is None else [Error(fault, hint=hint, id="tokens.E001")]


def _drifted(compared: Compared) -> Finding:
    shown = compared.drifts[:FINDINGS_SHOWN]
    more = len(compared.drifts) - len(shown)
    first = shown[0].account
    sums = f"sum to {compared.balance}, the ledger says {compared.said}"
    return Finding(
        Result.FAILED,
        (
            f"balances of {compared.accounts} accounts {sums}",
            *(f"{each.account} has {each.balance}, its entries say {each.said}" for each in shown),
            *((f"and {more} more",) if more else ()),
        ),
        "a balance was changed past the product: verify the account, then correct it by a transaction, "
        "never by hand",
        f"{VERIFY} --account {first}; {CORRECT} --account {first}",
    )


def _broken(last: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    broken = ", ".join(f"{name} ({times})" for name, times in sorted(last["broken"].items()))
    shown = [each["sentence"] for each in last["findings"][:FINDINGS_SHOWN]]
    more = sum(last["broken"].values()) - len(shown)
    rest = [f"and {more} more"] if more > 0 else []
    return (f"broken {_ago(last['ended_at'], now)}: {broken}", *shown, *rest)


def _checked(standing: Standing, now: datetime) -> str:
    last, since = standing
    if last is not None:
        counts = (
            f"{last['accounts']} accounts, {last['entries']} entries, {last['transactions']} transactions"
        )
        return f"all invariants held {_ago(last['ended_at'], now)}: {counts}"
    opened = "" if since is None else f"; the ledger was opened {_ago(since, now)}"
    return f"never checked{opened}"


def _is_late(standing: Standing, now: datetime) -> bool:
    since = standing.unchecked_since
    return since is None or now - since > MOST_AGE


def _ago(moment: datetime, now: datetime) -> str:
    minutes = max(0, int((now - moment).total_seconds() // 60))
    return f"{minutes // 60} h {minutes % 60} min ago"


CHECK = Check("ledger", 8, "the ledger's invariants hold", look, seconds=2.0, rests_on=("settings", "mongo"))
DEEP = Check(
    "ledger_deep",
    8,
    "every entry of the ledger is right",
    look_at_all,
    seconds=600.0,
    rests_on=("settings", "mongo"),
    deep=True,
)
FIGURES = Source(
    "ledger",
    [
        Figure("ledger_drifted_accounts", "What the last check of the whole ledger found to be broken."),
        Figure("ledger_last_check_timestamp_seconds", "When the last check of the whole ledger ended."),
    ],
    figures,
)
FIGURES_OF_REQUESTS = Source(
    "requests",
    [Figure("accounts_frozen_with_open_requests", "Frozen accounts of families with requests that wait.")],
    figures_of_requests,
)
REQUESTS = Check(
    "requests",
    8,
    "what nobody decided on in time is marked",
    look_at_requests,
    seconds=2.0,
    rests_on=("settings", "mongo"),
)
MERCHANT = Check(
    "merchant",
    8,
    "there is an account that purchases are paid to",
    look_at_merchant,
    seconds=2.0,
    rests_on=("settings", "mongo"),
)
