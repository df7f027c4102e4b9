"""Bodies and answers about a family's records. Source: HTTP contract, section 13."""

from typing import Any

from rest_framework import serializers

from families.rules.records import ExportFormat, ReportType
from ops.web.cursors import PageAnswer
from ops.web.serializers import StrictSerializer, Text
from tokens.api.bodies import KINDS, STATES, EntryAnswer, Related

DIRECTIONS = ["debit", "credit"]
ROLES = ["admin", "member"]
REPORT_TYPES = [str(each) for each in ReportType]
EXPORT_FORMATS = [str(each) for each in ExportFormat]
LONGEST_MOMENT = 40


class ReportBody(StrictSerializer):
    """POST /family/{family_id}/compliance/report: each field here, or as a query parameter."""

    report_type = Text(max_length=32, enum=REPORT_TYPES, required=False, help_text="Missing: comprehensive.")
    start_date = Text(
        max_length=LONGEST_MOMENT,
        format="date",
        required=False,
        help_text="The first day (UTC), or moment; missing: a year is told.",
    )
    end_date = Text(
        max_length=LONGEST_MOMENT,
        format="date",
        required=False,
        help_text="The last day (UTC), or the moment before which it ends; missing: now.",
    )
    export_format = Text(max_length=32, enum=EXPORT_FORMATS, required=False, help_text="Missing: json.")


class TransactionDetails(serializers.Serializer[Any]):
    """What moved."""

    transaction_id = serializers.CharField()
    type = serializers.ChoiceField(choices=KINDS)
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="Numbers the account's entries, without gaps.")
    from_user = serializers.CharField()
    to_user = serializers.CharField()


class Attribution(serializers.Serializer[Any]):
    """Who moved it."""

    user_id = serializers.CharField(allow_null=True, help_text="Null: staff or the system did.")
    username = serializers.CharField()
    is_member = serializers.BooleanField(help_text="Whether they are a member now.")
    role = serializers.ChoiceField(choices=ROLES, allow_null=True, help_text="Null: no member any more.")


class TransactionContext(serializers.Serializer[Any]):
    """What for."""

    account_username = serializers.CharField()
    note = serializers.CharField(allow_null=True)
    related = Related(allow_null=True)


class ComplianceMetadata(serializers.Serializer[Any]):
    """How it stands in the audit log."""

    audit_recorded = serializers.BooleanField()
    audit_sequence = serializers.IntegerField(
        allow_null=True, help_text="Number among the family's entries; null: not sealed yet, or none of ours."
    )
    is_sealed = serializers.BooleanField(help_text="Altering or removing it would show.")


class TrailEntry(serializers.Serializer[Any]):
    """One entry of the audit log."""

    audit_id = serializers.CharField()
    action = serializers.CharField()
    timestamp = serializers.DateTimeField()
    actor_user_id = serializers.CharField(allow_null=True, help_text="Null: staff or the system did.")
    actor_username = serializers.CharField()
    audit_sequence = serializers.IntegerField(allow_null=True)


class RecordAnswer(serializers.Serializer[Any]):
    """A transaction of the family's account, as it was recorded."""

    audit_id = serializers.CharField(
        allow_null=True, help_text="Of its entry of the audit log; null: it is another family's."
    )
    timestamp = serializers.DateTimeField()
    transaction_details = TransactionDetails()
    family_member_attribution = Attribution()
    transaction_context = TransactionContext()
    compliance_metadata = ComplianceMetadata()
    audit_trail = TrailEntry(many=True, required=False, help_text="Oldest first.")


class QueryMetadata(serializers.Serializer[Any]):
    """What was asked for."""

    start_date = serializers.DateTimeField(allow_null=True)
    end_date = serializers.DateTimeField(allow_null=True, help_text="The moment before which it ends.")
    transaction_types = serializers.ListField(
        child=serializers.ChoiceField(choices=KINDS), help_text="Empty: all."
    )
    include_audit_trail = serializers.BooleanField()
    limit = serializers.IntegerField()


class AuditSummary(serializers.Serializer[Any]):
    """How the transactions of this page stand in the audit log."""

    transactions = serializers.IntegerField()
    audited = serializers.IntegerField()
    sealed = serializers.IntegerField()


class HistoryPage(PageAnswer):
    """The statement of the family's account beside the audit log, newest first."""

    family_id = serializers.CharField()
    query_metadata = QueryMetadata()
    audit_summary = AuditSummary()
    results = RecordAnswer(many=True)


class PeriodAnswer(serializers.Serializer[Any]):
    """From when on, and before when."""

    start_date = serializers.DateTimeField()
    end_date = serializers.DateTimeField()


class CorruptedRecord(serializers.Serializer[Any]):
    """An entry of the audit log that is not what was sealed."""

    audit_id = serializers.CharField()
    expected_hash = serializers.CharField(
        allow_null=True,
        help_text="Fingerprint of the hash that it should have; null: nobody can tell.",
    )
    actual_hash = serializers.CharField(
        allow_null=True,
        help_text="Fingerprint of the hash that it has; null: it has none, or a wrong number.",
    )


class ChainHead(serializers.Serializer[Any]):
    """The last of the family's entries, as it is kept apart from them."""

    sequence = serializers.IntegerField()
    hash = serializers.CharField()


class IntegrityResults(serializers.Serializer[Any]):
    """What was found."""

    integrity_verified = serializers.BooleanField()
    total_records_checked = serializers.IntegerField()
    corrupted_records = CorruptedRecord(many=True)
    missing_sequence = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the family's entries that are gone."
    )
    chain_head = ChainHead(allow_null=True, help_text="Null: nothing is sealed yet, or it was altered.")
    verification_timestamp = serializers.DateTimeField()


class IntegrityData(serializers.Serializer[Any]):
    """The family's part of the audit log."""

    family_id = serializers.CharField()
    verification_period = PeriodAnswer(help_text="Begins later than asked for where there is too much.")
    integrity_results = IntegrityResults()


class IntegrityAnswer(serializers.Serializer[Any]):
    """Whether the audit log of a family is as it was written."""

    status = serializers.ChoiceField(choices=["success"])
    data = IntegrityData()  # type: ignore[assignment]  # a field; DRF takes it out of the class


class ReportMetadata(serializers.Serializer[Any]):
    """Which report this is."""

    report_id = serializers.CharField()
    report_type = serializers.ChoiceField(choices=REPORT_TYPES)
    export_format = serializers.ChoiceField(choices=EXPORT_FORMATS)
    generated_at = serializers.DateTimeField()
    generated_by = serializers.CharField(help_text="A user's id.")
    generated_by_username = serializers.CharField()
    period = PeriodAnswer()
    has_more_transactions = serializers.BooleanField(
        help_text="There are more than are listed; as CSV all are to be had."
    )


class FamilyInformation(serializers.Serializer[Any]):
    """The family now."""

    family_id = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    member_count = serializers.IntegerField()
    admin_user_ids = serializers.ListField(child=serializers.CharField())
    account_username = serializers.CharField()
    account_status = serializers.ChoiceField(choices=STATES)
    current_balance = serializers.IntegerField()


class ComplianceStatistics(serializers.Serializer[Any]):
    """What was changed in that time, as the audit log has it."""

    total_changes = serializers.IntegerField()
    changes_by_action = serializers.DictField(child=serializers.IntegerField())


class KindSummary(serializers.Serializer[Any]):
    """Transactions of a kind, in one direction."""

    type = serializers.ChoiceField(choices=KINDS)
    direction = serializers.ChoiceField(choices=DIRECTIONS)
    count = serializers.IntegerField()
    amount = serializers.IntegerField()


class TransactionSummary(serializers.Serializer[Any]):
    """What moved in that time."""

    total_transactions = serializers.IntegerField()
    total_debits = serializers.IntegerField(help_text="Tokens.")
    total_credits = serializers.IntegerField(help_text="Tokens.")
    opening_balance = serializers.IntegerField()
    closing_balance = serializers.IntegerField()
    by_type = KindSummary(many=True)


class DetailedTransaction(EntryAnswer):
    """A line of the statement, with its entry of the audit log."""

    audit_id = serializers.CharField(allow_null=True)
    audit_sequence = serializers.IntegerField(allow_null=True)


class ReportData(serializers.Serializer[Any]):
    """A report."""

    report_metadata = ReportMetadata()
    family_information = FamilyInformation()
    compliance_statistics = ComplianceStatistics()
    transaction_summary = TransactionSummary()
    audit_integrity = IntegrityResults()
    detailed_transactions = DetailedTransaction(many=True, required=False, help_text="Newest first.")


class ReportAnswer(serializers.Serializer[Any]):
    """A report for whoever has to account for a family's tokens."""

    status = serializers.ChoiceField(choices=["success"])
    data = ReportData()  # type: ignore[assignment]  # a field; DRF takes it out of the class
