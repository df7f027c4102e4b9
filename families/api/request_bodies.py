"""Bodies and answers of token and purchase requests. Source: HTTP contract, section 9."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ops.errors import FieldFault
from ops.web.cursors import PageAnswer
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictSerializer, Text
from tokens.api.bodies import ID_LENGTH, tokens_to_move
from tokens.rules.requests import PURCHASE, RequestStatus, Urgency, link_fault

SHORTEST_REASON, LONGEST_REASON = 5, 500
LONGEST_COMMENT, LONGEST_ITEM, LONGEST_LINK = 1000, 200, 2000
APPROVE, DENY = "approve", "deny"
COMMENTS = ("comments", "admin_comments")
STATUSES = [str(each) for each in RequestStatus]
PURCHASE_STATUSES = [PURCHASE.told(each) for each in RequestStatus if each != RequestStatus.AUTO_APPROVED]
URGENCIES = [str(each) for each in Urgency]


def _reason() -> Text:
    return Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, lines=True)


class TokenRequestBody(StrictSerializer):
    """POST /family/{family_id}/token-requests."""

    amount = tokens_to_move()
    reason = _reason()
    urgency = Choice(choices=URGENCIES, default=str(Urgency.MEDIUM))


class ReviewBody(StrictSerializer):
    """POST /family/{family_id}/token-requests/{request_id}/review."""

    action = Choice(choices=[APPROVE, DENY])
    comments = Text(max_length=LONGEST_COMMENT, lines=True, required=False)
    admin_comments = Text(
        max_length=LONGEST_COMMENT, lines=True, required=False, help_text="Older name of the same."
    )

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Refuse two names that say different things."""
        said = [sent[name].strip() for name in COMMENTS if isinstance(sent.get(name), str)]
        if len(set(said)) < len(COMMENTS):
            return []
        return [FieldFault("admin_comments", "not_allowed", "comments says something else.")]


class PurchaseBody(StrictSerializer):
    """POST /family/{family_id}/purchase-requests."""

    item_name = Text(min_length=1, max_length=LONGEST_ITEM)
    cost = tokens_to_move()
    link = Text(
        min_length=1,
        max_length=LONGEST_LINK,
        rule=link_fault,
        examples=["https://shop.example/kites/3"],
        required=False,
        help_text="Of https; shown as text, and never fetched.",
    )
    reason = _reason()


class WalletPurchaseBody(PurchaseBody):
    """POST /family/wallet/purchase-requests."""

    family_id = Text(min_length=1, max_length=ID_LENGTH)


class DenyBody(StrictSerializer):
    """POST /family/{family_id}/purchase-requests/{request_id}/deny."""

    reason = Text(max_length=LONGEST_REASON, lines=True, required=False)


class TokenRequestAnswer(serializers.Serializer[Any]):
    """A request for tokens."""

    request_id = serializers.CharField()
    family_id = serializers.CharField()
    requester_user_id = serializers.CharField()
    requester_username = serializers.CharField()
    from_user_id = serializers.CharField(help_text="Older name of `requester_user_id`.")
    from_username = serializers.CharField(help_text="Older name of `requester_username`.")
    amount = serializers.IntegerField()
    reason = serializers.CharField()
    urgency = serializers.ChoiceField(choices=URGENCIES)
    status = serializers.ChoiceField(choices=STATUSES)
    auto_approved = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    reviewed_by = serializers.CharField(allow_null=True, help_text="Null: nobody did.")
    reviewed_at = serializers.DateTimeField(allow_null=True)
    admin_comments = serializers.CharField(allow_null=True)
    transaction_id = serializers.CharField(allow_null=True, help_text="Null: nothing was paid.")


class TokenRequestPage(PageAnswer):
    """Requests for tokens, newest first; those that wait, oldest first."""

    results = TokenRequestAnswer(many=True)


class ReviewedRequest(TokenRequestAnswer):
    """A request that was decided on."""

    tokens_transferred = serializers.IntegerField(help_text="0: it was denied.")


class ReviewedAnswer(OkAnswer):
    """A request was approved and paid, or denied."""

    action = serializers.ChoiceField(choices=[APPROVE, DENY])
    request_id = serializers.CharField()
    new_status = serializers.ChoiceField(choices=[str(RequestStatus.APPROVED), str(RequestStatus.DENIED)])
    reviewed_by = serializers.CharField()
    admin_comments = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField()
    processed_at = serializers.DateTimeField(help_text="The same.")
    amount = serializers.IntegerField()
    requester_user_id = serializers.CharField()
    transaction_id = serializers.CharField(allow_null=True, help_text="Null: it was denied.")
    request_data = ReviewedRequest()


class RequestPerson(serializers.Serializer[Any]):
    """Who asked, or decided."""

    user_id = serializers.CharField()
    username = serializers.CharField()


class ItemInfo(serializers.Serializer[Any]):
    """What is to be bought."""

    name = serializers.CharField()
    link = serializers.CharField(allow_null=True)


class PurchaseAnswer(serializers.Serializer[Any]):
    """A request to buy something."""

    request_id = serializers.CharField()
    family_id = serializers.CharField()
    requester_info = RequestPerson()
    item_info = ItemInfo()
    cost = serializers.IntegerField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=PURCHASE_STATUSES)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewed_by_info = RequestPerson(allow_null=True)
    denial_reason = serializers.CharField(allow_null=True)
    transaction_id = serializers.CharField(allow_null=True, help_text="Null: nothing was paid.")


class PurchasePage(PageAnswer):
    """Requests to buy something, newest first."""

    results = PurchaseAnswer(many=True)


class RequestsCleanedUp(OkAnswer):
    """What was marked; 0 the second time."""

    expired_count = serializers.IntegerField()
    cleanup_timestamp = serializers.DateTimeField()
