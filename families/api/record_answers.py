"""A family's records as the answers have them. Source: HTTP contract, section 13."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from families import queries, record_queries
from families.actions.agents import STAFF
from families.actions.reporting import Report, Wanted
from families.record_queries import Sum
from families.rules.records import ReportType
from ops.actors import Actor
from ops.audit.of_family import Checked
from ops.mongo.collections import Document
from tokens import queries as accounts
from tokens.api import answers, statements

Trail = Sequence[Document]
DETAILS = ("transaction_id", "type", "direction", "amount", "balance_after", "seq", "from_user", "to_user")
SUM_COLUMNS = ("type", "direction", "count", "amount")
COLUMNS = (*statements.COLUMNS, "audit_id", "audit_sequence")


def actors_of(trails: Sequence[Trail]) -> set[str]:
    """Return the ids of people who are named in trails."""
    return {each["actor"] for trail in trails for each in trail if not each["as_staff"]}


def record(
    entry: Document, trail: Trail, family: Document, names: Mapping[str, str], *, with_trail: bool
) -> dict[str, Any]:
    """Return ``RecordAnswer``."""
    shown, mine = answers.entry(entry), _own(entry, trail)
    actor = shown["actor"]
    member = queries.membership(family, actor["user_id"]) if actor["user_id"] else None
    told: dict[str, Any] = {
        "audit_id": mine["_id"] if mine else None,
        "timestamp": shown["timestamp"],
        "transaction_details": {name: shown[name] for name in DETAILS},
        "family_member_attribution": {
            **actor,
            "is_member": member is not None,
            "role": member["role"] if member else None,
        },
        "transaction_context": {
            "account_username": family[queries.ACCOUNT]["username"],
            "note": shown["note"],
            "related": shown["related"],
        },
        "compliance_metadata": {
            "audit_recorded": mine is not None,
            "audit_sequence": mine.get("family_seq") if mine else None,
            "is_sealed": is_sealed(mine),
        },
    }
    return told | ({"audit_trail": [_in_trail(each, names) for each in trail]} if with_trail else {})


def summary(entries: Sequence[Document], trails: Sequence[Trail]) -> dict[str, int]:
    """Return ``AuditSummary``."""
    mine = [_own(entry, trail) for entry, trail in zip(entries, trails, strict=True)]
    return {
        "transactions": len(entries),
        "audited": sum(each is not None for each in mine),
        "sealed": sum(map(is_sealed, mine)),
    }


def is_sealed(audited: Document | None) -> bool:
    """Tell whether an entry of the audit log has its place in the chain."""
    return audited is not None and audited.get("seq") is not None


def integrity(found: Checked, now: datetime) -> dict[str, Any]:
    """Return ``IntegrityResults``."""
    head = found.head
    return {
        "integrity_verified": found.is_whole,
        "total_records_checked": found.count,
        "corrupted_records": [
            {"audit_id": each.entry, "expected_hash": each.expected, "actual_hash": each.actual}
            for each in found.corrupted
        ],
        "missing_sequence": found.missing,
        "chain_head": {"sequence": head["seq"], "hash": head["hash"]} if head else None,
        "verification_timestamp": now,
    }


def report(made: Report, wanted: Wanted, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return ``ReportData``."""
    told: dict[str, Any] = {
        "report_metadata": {
            "report_id": made.report_id,
            "report_type": str(wanted.kind),
            "export_format": str(wanted.form),
            "generated_at": now,
            "generated_by": actor.user_id,
            "generated_by_username": actor.name,
            "period": {"start_date": wanted.since, "end_date": wanted.until},
            "has_more_transactions": made.has_more,
        },
        "family_information": _family(made.family),
        "compliance_statistics": {
            "total_changes": sum(made.changes.values()),
            "changes_by_action": made.changes,
        },
        "transaction_summary": _moved(made),
        "audit_integrity": integrity(made.checked, now),
    }
    if wanted.kind != ReportType.SUMMARY:
        pairs = zip(made.entries, made.trails, strict=True)
        told["detailed_transactions"] = [_detailed(*each) for each in pairs]
    return told


def heads(wanted: Wanted) -> Sequence[str]:
    """Return the heads of a report's file."""
    return SUM_COLUMNS if wanted.kind == ReportType.SUMMARY else COLUMNS


def rows(made: Report, wanted: Wanted) -> Iterator[list[list[object]]]:
    """Yield the rows of a report's file, part by part: the sums, or all transactions, newest first."""
    if wanted.kind == ReportType.SUMMARY:
        yield [[_sum(each)[name] for name in SUM_COLUMNS] for each in made.sums]
        return
    family_id, account_id = made.family["_id"], made.family["account_id"]
    for entries in accounts.whole_statement(account_id, filters=wanted.filters):
        trails = record_queries.trails(family_id, entries)
        yield [_cells(_detailed(*each)) for each in zip(entries, trails, strict=True)]


def _family(family: Document) -> dict[str, Any]:
    """Return ``FamilyInformation``."""
    account = family[queries.ACCOUNT]
    return {
        "family_id": family["_id"],
        "name": family["name"],
        "created_at": family["created_at"],
        "member_count": len(family["members"]),
        "admin_user_ids": family["admin_user_ids"],
        "account_username": account["username"],
        "account_status": account["status"],
        "current_balance": account["balance"],
    }


def _moved(made: Report) -> dict[str, Any]:
    """Return ``TransactionSummary``."""
    return {
        "total_transactions": sum(each.number for each in made.sums),
        "total_debits": sum(each.amount for each in made.sums if each.is_debit),
        "total_credits": sum(each.amount for each in made.sums if not each.is_debit),
        "opening_balance": made.opening,
        "closing_balance": made.closing,
        "by_type": [_sum(each) for each in made.sums],
    }


def _cells(detailed: Mapping[str, Any]) -> list[object]:
    return [*statements.cells(detailed), detailed["audit_id"], detailed["audit_sequence"]]


def _detailed(entry: Document, trail: Trail) -> dict[str, Any]:
    mine = _own(entry, trail)
    return answers.entry(entry) | {
        "audit_id": mine["_id"] if mine else None,
        "audit_sequence": mine.get("family_seq") if mine else None,
    }


def _own(entry: Document, trail: Trail) -> Document | None:
    """Return what of a trail was written with the transaction itself; ``None``: another family has that."""
    return next((each for each in trail if each["at"] == entry["at"]), None)


def _in_trail(audited: Document, names: Mapping[str, str]) -> dict[str, Any]:
    by_staff = audited["as_staff"]  # members are not told who they are
    return {
        "audit_id": audited["_id"],
        "action": audited["action"],
        "timestamp": audited["at"],
        "actor_user_id": None if by_staff else audited["actor"],
        "actor_username": STAFF if by_staff else names.get(audited["actor"], ""),
        "audit_sequence": audited.get("family_seq"),
    }


def _sum(each: Sum) -> dict[str, Any]:
    direction = "debit" if each.is_debit else "credit"
    return {"type": each.kind, "direction": direction, "count": each.number, "amount": each.amount}
