"""Bodies and answers of sign-in."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from family_site.identity import rules
from family_site.identity.actions.registration import password_faults
from ops.errors import FieldFault
from ops.second_factor import METHODS
from ops.web.schema import OkAnswer
from ops.web.serializers import Choice, StrictBoolean, StrictSerializer, Text

SHORTEST_EMAIL = len("a@b")
SHORTEST_NAME, LONGEST_NAME = rules.USERNAME_LENGTH
LONGEST_LINK_TOKEN = 128  # ours have 43 characters
LONGEST_TOKEN = 2048  # ours have some 400 characters
SHORTEST_PASSWORD, LONGEST_PASSWORD = rules.PASSWORD_LENGTH


def _new_password() -> Text:
    return Text(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        trim=False,
        format="password",
        examples=["Seven-Otters-7"],
        help_text="Upper and lower case, a digit and another character; not common, not like the username.",
    )


def _email() -> Text:
    return Text(
        min_length=SHORTEST_EMAIL,
        max_length=rules.EMAIL_LENGTH,
        rule=rules.email_fault,
        examples=["ines@example.com"],
    )


def _mailed_token() -> Text:
    return Text(min_length=1, max_length=LONGEST_LINK_TOKEN, help_text="Of the mailed link.")


def code_field(*, required: bool = True) -> Text:
    """Return the field of a code, of the authenticator or a backup code."""
    return Text(
        min_length=1,
        max_length=rules.LONGEST_CODE,
        required=required,
        examples=["123456", "abcde-fgh23"],
        help_text="Of the authenticator, or a backup code. It counts once.",
    )


def method_field() -> Choice:
    """Return the field that says which kind of code it is."""
    return Choice(METHODS, required=False, help_text="What the code is of; not sent: the code's form tells.")


class RegisterBody(StrictSerializer):
    """POST /auth/register."""

    username = Text(
        min_length=SHORTEST_NAME,
        max_length=LONGEST_NAME,
        rule=rules.username_fault,
        examples=["ines", "otter-7"],
        help_text="Letters a-z, digits, _ and -; some names are reserved. Kept in lower case.",
    )
    email = _email()
    password = _new_password()
    invitation_token = Text(
        min_length=1,
        max_length=LONGEST_LINK_TOKEN,
        required=False,
        help_text="Of the link of an invitation; mailed to this address, it confirms it.",
    )

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Look at the password beside the name."""
        username, password = sent.get("username"), sent.get("password")
        if not isinstance(password, str) or len(password) > LONGEST_PASSWORD:
            return []
        return password_faults(password, username if isinstance(username, str) else "")


class LoginBody(StrictSerializer):
    """POST /auth/login: ``username`` or ``email``, either may stand in either."""

    # One name: JSON Schema's way to say it that leaves the fields of typed clients as they are.
    constraints = {
        "if": {"required": ["username"]},
        "then": {"not": {"required": ["email"]}},
        "else": {"required": ["email"]},
    }

    username = Text(min_length=1, max_length=rules.EMAIL_LENGTH, required=False)
    email = Text(min_length=1, max_length=rules.EMAIL_LENGTH, required=False)
    password = Text(min_length=1, max_length=LONGEST_PASSWORD, trim=False)
    two_fa_code = code_field(required=False)
    two_fa_method = method_field()

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want one name."""
        if ("username" in sent) != ("email" in sent):
            return []
        code = "not_allowed" if "email" in sent else "required"
        return [FieldFault("username", code, "Send either username or email.")]


class RefreshBody(StrictSerializer):
    """POST /auth/refresh."""

    refresh_token = Text(min_length=1, max_length=LONGEST_TOKEN)


class LogoutBody(StrictSerializer):
    """POST /auth/logout."""

    all = StrictBoolean(required=False, default=False)


class ChangePasswordBody(StrictSerializer):
    """PUT /auth/change-password."""

    current_password = Text(min_length=1, max_length=LONGEST_PASSWORD, trim=False)
    new_password = _new_password()


class VerifyEmailBody(StrictSerializer):
    """POST /auth/verify-email."""

    token = _mailed_token()


class AddressBody(StrictSerializer):
    """POST /auth/resend-verification and /auth/forgot-password."""

    email = _email()


class ChangeEmailBody(StrictSerializer):
    """PUT /auth/email; the code where there is a second factor."""

    email = _email()
    password = Text(min_length=1, max_length=LONGEST_PASSWORD, trim=False)
    code = code_field(required=False)


class ResetPasswordBody(StrictSerializer):
    """POST /auth/reset-password."""

    token = _mailed_token()
    new_password = _new_password()


class ReauthenticateBody(StrictSerializer):
    """POST /auth/reauthenticate: the code where there is a second factor, else the password."""

    constraints = {"minProperties": 1}

    password = Text(min_length=1, max_length=LONGEST_PASSWORD, trim=False, required=False)
    code = code_field(required=False)

    def faults_of_all(self, sent: Mapping[str, Any]) -> list[FieldFault]:
        """Want one of them."""
        return [] if sent else [FieldFault("password", "required", "Send the password, or a code.")]


class FreshAnswer(serializers.Serializer[Any]):
    """Until when the session is confirmed."""

    fresh_until = serializers.DateTimeField()


class MessageAnswer(serializers.Serializer[Any]):
    """A sentence for people."""

    message = serializers.CharField()


class UserAnswer(serializers.Serializer[Any]):
    """A user, as they see themselves."""

    user_id = serializers.CharField()
    username = serializers.CharField()
    email = serializers.CharField()
    is_verified = serializers.BooleanField()
    two_fa_enabled = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class TokensAnswer(serializers.Serializer[Any]):
    """A session's two tokens, and who has signed in."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds.")
    refresh_expires_in = serializers.IntegerField(help_text="Seconds.")
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    session_id = serializers.CharField()
    user = UserAnswer()
    username = serializers.CharField()
    email = serializers.CharField()
    is_verified = serializers.BooleanField()
    two_fa_enabled = serializers.BooleanField()
    role = serializers.ChoiceField(choices=["user", "staff"])
    client_side_encryption = serializers.BooleanField()


class SessionAnswer(serializers.Serializer[Any]):
    """A session in force, as its user sees it."""

    session_id = serializers.CharField()
    device = serializers.CharField(help_text='Made from the user agent, for example "Firefox on Linux".')
    user_agent = serializers.CharField(allow_null=True)
    ip = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


class RevokedAnswer(OkAnswer):
    """Sessions were ended; how many."""

    revoked = serializers.IntegerField()
