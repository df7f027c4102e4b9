"""Bodies and answers of votes on opening a frozen account. Source: HTTP contract, section 10."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from families.emergency_queries import STATUSES
from families.rules import emergency as rules
from families.rules.emergency import EmergencyStatus, Vote
from family_site.identity import queries as identity
from ops.mongo.collections import Document
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import StrictSerializer, Text

SHORTEST_REASON, LONGEST_REASON = 5, 500


class EmergencyBody(StrictSerializer):
    """POST /family/{family_id}/account/emergency-unfreeze."""

    reason = Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, lines=True)


class EmergencyRejectBody(StrictSerializer):
    """POST /family/emergency-unfreeze/{emergency_id}/reject."""

    reason = Text(max_length=LONGEST_REASON, lines=True, required=False)


class EmergencyVoter(serializers.Serializer[Any]):
    """A person."""

    user_id = serializers.CharField()
    username = serializers.CharField()


class EmergencyApproval(EmergencyVoter):
    """A vote for it."""

    voted_at = serializers.DateTimeField()
    counts = serializers.BooleanField(help_text="False: they have left the family since.")


class EmergencyRejection(EmergencyApproval):
    """A vote against it."""

    reason = serializers.CharField(allow_null=True)


class EmergencyAnswer(serializers.Serializer[Any]):
    """A vote on opening an account, as it stands."""

    request_id = serializers.CharField()
    requester = EmergencyVoter()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    required_approvals = serializers.IntegerField()
    eligible_voters = serializers.IntegerField(help_text="How many could vote when it was begun.")
    approvals = EmergencyApproval(many=True)
    rejections = EmergencyRejection(many=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    executed_at = serializers.DateTimeField(allow_null=True)


class EmergencyPage(PageAnswer):
    """Votes on opening an account, newest first."""

    results = EmergencyAnswer(many=True)
    count = serializers.IntegerField(help_text="How many are on this page.")


class EmergencyRequested(OkAnswer):
    """A vote was begun."""

    request_id = serializers.CharField()
    required_approvals = serializers.IntegerField()
    current_approvals = serializers.IntegerField()
    eligible_voters = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    data = EmergencyAnswer()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class EmergencyApproved(OkAnswer):
    """A vote for it was counted; the one that is enough opens the account."""

    approved = serializers.BooleanField()
    current_approvals = serializers.IntegerField()
    required_approvals = serializers.IntegerField()
    threshold_met = serializers.BooleanField()
    executed = serializers.BooleanField()
    data = EmergencyAnswer()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class EmergencyRejected(OkAnswer):
    """A vote against it was counted; it is closed once the votes left are too few."""

    rejected = serializers.BooleanField()
    current_rejections = serializers.IntegerField()
    required_rejections = serializers.IntegerField(help_text="So many close it at the latest.")
    closed = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    data = EmergencyAnswer()  # type: ignore[assignment]  # a field; DRF takes it out of the class


def names_of(emergencies: Iterable[Document]) -> dict[str, str]:
    """Return the names of all who began or voted, by id, in one round trip."""
    ids: set[str] = set()
    for each in emergencies:
        ids |= {each["requested_by"], *(voter["user_id"] for voter in each["voters"] if voter["vote"])}
    return identity.usernames(ids)


def shown(emergency: Document, status: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Return ``EmergencyAnswer``; ``status``: as it is at this moment."""
    rejections = [
        _vote(each, names) | {"reason": each["reason"]} for each in _votes(emergency, Vote.REJECTION)
    ]
    return {
        "request_id": emergency["_id"],
        "requester": _person(emergency["requested_by"], names),
        "reason": emergency["reason"],
        "status": status,
        "required_approvals": emergency["required"],
        "eligible_voters": len(emergency["voters"]),
        "approvals": [_vote(each, names) for each in _votes(emergency, Vote.APPROVAL)],
        "rejections": rejections,
        "created_at": emergency["created_at"],
        "expires_at": emergency["expires_at"],
        "executed_at": emergency["ended_at"] if status == EmergencyStatus.EXECUTED else None,
    }


def requested(emergency: Document) -> dict[str, Any]:
    """Return what ``EmergencyRequested`` has beside the message, of one that was begun just now."""
    data = _fresh(emergency)
    copied = ("request_id", "required_approvals", "eligible_voters", "expires_at")
    current = rules.number_of(emergency["voters"], Vote.APPROVAL)
    return {**{name: data[name] for name in copied}, "current_approvals": current, "data": data}


def approved(emergency: Document) -> dict[str, Any]:
    """Return what ``EmergencyApproved`` has beside the message, of one that was voted on just now."""
    is_executed = emergency["status"] == EmergencyStatus.EXECUTED
    return {
        "approved": True,
        "current_approvals": rules.number_of(emergency["voters"], Vote.APPROVAL),
        "required_approvals": emergency["required"],
        "threshold_met": is_executed,
        "executed": is_executed,
        "data": _fresh(emergency),
    }


def rejected(emergency: Document, reason: str | None) -> dict[str, Any]:
    """Return what ``EmergencyRejected`` has beside the message, of one that was voted on just now."""
    return {
        "rejected": True,
        "current_rejections": rules.number_of(emergency["voters"], Vote.REJECTION),
        "required_rejections": emergency["required"],
        "closed": emergency["status"] == EmergencyStatus.REJECTED,
        "reason": reason,
        "data": _fresh(emergency),
    }


def _fresh(emergency: Document) -> dict[str, Any]:
    return shown(emergency, emergency["status"], names_of([emergency]))


def _votes(emergency: Document, vote: Vote) -> list[Document]:
    """Return those who voted so, who voted first before the others."""
    return sorted(
        (each for each in emergency["voters"] if each["vote"] == vote), key=lambda each: each["voted_at"]
    )


def _vote(voter: Document, names: Mapping[str, str]) -> dict[str, Any]:
    person = _person(voter["user_id"], names)
    return {**person, "voted_at": voter["voted_at"], "counts": rules.counts(voter)}


def _person(user_id: str, names: Mapping[str, str]) -> dict[str, str]:
    return {"user_id": user_id, "username": names[user_id]}
