"""Bodies and answers of the second factor. Source: HTTP contract, section 11 (2fa)."""

from typing import Any

from rest_framework import serializers

from family_site.identity import rules
from family_site.identity.api.serializers import LONGEST_PASSWORD, LONGEST_TOKEN, code_field, method_field
from ops.second_factor import METHODS
from ops.web.serializers import Choice, StrictSerializer, Text

TOTP_ONLY = ("totp",)


def _password() -> Text:
    return Text(min_length=1, max_length=LONGEST_PASSWORD, trim=False)


class ChallengeBody(StrictSerializer):
    """POST /auth/login/2fa."""

    challenge_token = Text(
        min_length=1, max_length=LONGEST_TOKEN, help_text="Of the details of TWO_FACTOR_REQUIRED."
    )
    code = code_field()
    method = method_field()


class SetupBody(StrictSerializer):
    """POST /auth/2fa/setup."""

    method = Choice(TOTP_ONLY)
    password = _password()


class FirstCodeBody(StrictSerializer):
    """POST /auth/2fa/verify."""

    method = Choice(TOTP_ONLY)
    code = code_field()


class ProofBody(StrictSerializer):
    """POST /auth/2fa/disable and /auth/2fa/reset."""

    password = _password()
    code = code_field()


class StateAnswer(serializers.Serializer[Any]):
    """How it is with the caller's second factor."""

    enabled = serializers.BooleanField()
    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=METHODS), max_length=len(METHODS), help_text="That count now."
    )
    pending = serializers.BooleanField(help_text="A secret waits for a first code.")


class StatusAnswer(StateAnswer):
    """The same, and what is left."""

    backup_codes_left = serializers.IntegerField(min_value=0, max_value=rules.BACKUP_CODES)


class SetupAnswer(StateAnswer):
    """A secret that waits for a first code of it; told only now."""

    totp_secret = serializers.CharField(help_text="Base32, for who cannot scan the code.")
    provisioning_uri = serializers.CharField(help_text="`otpauth://`, what the QR code says.")
    qr_code_data = serializers.CharField(help_text="SVG, as the `data:` address of an image.")
    expires_at = serializers.DateTimeField()


class BackupCodesAnswer(serializers.Serializer[Any]):
    """Backup codes; told only now."""

    backup_codes = serializers.ListField(
        child=serializers.CharField(), min_length=rules.BACKUP_CODES, max_length=rules.BACKUP_CODES
    )


class EnabledAnswer(StateAnswer, BackupCodesAnswer):
    """It is on, and has backup codes."""


class BackupCodesLeft(serializers.Serializer[Any]):
    """How many are left, and since when; never the codes."""

    left = serializers.IntegerField(min_value=0, max_value=rules.BACKUP_CODES)
    generated_at = serializers.DateTimeField()
