"""Bodies and answers of permanent tokens. Source: HTTP contract, section 11."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from family_site.identity import rules
from ops.actors import Scope
from ops.errors import Fault
from ops.web.moments import MESSAGE, moment_of
from ops.web.serializers import WRONG_TYPE, Choice, StrictSerializer, Text

SCOPES = [str(each) for each in Scope]
LONGEST_DESCRIPTION, LONGEST_NETWORK, LONGEST_MOMENT = 255, 64, 64


def _fault_of_end(text: str) -> Fault | None:
    return None if moment_of(text) else Fault("invalid_format", MESSAGE)


class _Several(serializers.ListField):
    """A list; nothing else is taken for one, and too few or too many are named as such."""

    default_error_messages = {"not_a_list": "A list is needed."}  # DRF's form

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return what is in it, each once, in order."""
        if not isinstance(data, list):
            raise ValidationError(self.error_messages["not_a_list"], code=WRONG_TYPE)
        if self.min_length is not None and len(data) < self.min_length:
            raise ValidationError(f"At least {self.min_length} are needed.", code="too_short")
        if self.max_length is not None and len(data) > self.max_length:
            raise ValidationError(f"At most {self.max_length} are possible.", code="too_long")
        return list(dict.fromkeys(super().to_internal_value(data)))


class PermanentTokenBody(StrictSerializer):
    """POST /auth/permanent-tokens."""

    description = Text(
        min_length=1, max_length=LONGEST_DESCRIPTION, help_text="What it is for, in your own words."
    )
    scopes = _Several(
        child=Choice(choices=SCOPES),
        min_length=1,
        max_length=len(SCOPES),
        help_text="`read`: every GET; `families`, `tokens`: changes of these, and `read`; `admin`: staff's "
        "paths, of members of staff only.",
    )
    ip_restrictions = _Several(
        child=Text(
            min_length=1,
            max_length=LONGEST_NETWORK,
            rule=rules.network_fault,
            examples=["203.0.113.7", "203.0.113.0/24", "2001:db8::/32"],
        ),
        required=False,
        min_length=0,
        max_length=rules.MOST_NETWORKS,
        help_text="Addresses and networks that it is good from; none: from everywhere.",
    )
    expires_at = Text(
        max_length=LONGEST_MOMENT,
        rule=_fault_of_end,
        format="date-time",
        required=False,
        help_text=f"At most {rules.LONGEST_TOKEN_FOR.days} days from now; missing: {rules.TOKEN_FOR.days}. "
        "To the second.",
    )


class _Described(serializers.Serializer[Any]):
    """What a token is, without the token."""

    token_id = serializers.CharField()
    description = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))
    ip_restrictions = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class PermanentTokenMade(_Described):
    """A token that has just been made."""

    token = serializers.CharField(help_text="The token itself: only now, and never again.")


class PermanentTokenAnswer(_Described):
    """A token, as its user sees it later."""

    last_used_at = serializers.DateTimeField(allow_null=True)
    usage_count = serializers.IntegerField()
    is_revoked = serializers.BooleanField(
        help_text="It has ended before its time: revoked, or with the password that it was made under."
    )
