"""The caller's second factor. Source: HTTP contract, section 11 (2fa)."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework.request import Request

from family_site.identity import queries, totp
from family_site.identity.actions import second_factor
from family_site.identity.actions.second_factor import SetUp
from family_site.identity.api.second_factor_bodies import (
    BackupCodesAnswer,
    BackupCodesLeft,
    EnabledAnswer,
    FirstCodeBody,
    ProofBody,
    SetupAnswer,
    SetupBody,
    StateAnswer,
    StatusAnswer,
)
from family_site.identity.errors import InvalidCredentialsError, TwoFactorStateError
from ops import clock
from ops.actors import Scope
from ops.errors import InsufficientPermissionsError, RateLimitExceededError
from ops.mongo.collections import Document
from ops.second_factor import METHODS, FreshTwoFactorRequiredError
from ops.web.answers import Response
from ops.web.schema import operation
from ops.web.views import ApiView, actor_of


class _SecondFactorView(ApiView):
    """Whatever is told or changed here needs a sign-in."""

    limited_as: ClassVar[dict[str, str]] = {"POST": "two_factor_change"}
    scope: ClassVar[dict[str, Scope | None]] = {"GET": None, "POST": None}


class Setup(_SecondFactorView):
    """A secret for an authenticator."""

    open_when_read_only = True

    @operation(
        request=SetupBody,
        success={200: SetupAnswer},
        errors=[InvalidCredentialsError, TwoFactorStateError],
    )
    def post(self, request: Request) -> Response:
        """Make a secret; it counts once a code of it has come to /auth/2fa/verify."""
        body = self.body(SetupBody)
        made = second_factor.set_up(body["password"], actor=actor_of(request), now=clock.now())
        return Response(_told(made))


class Verify(_SecondFactorView):
    """The first code."""

    open_when_read_only = True

    @operation(
        request=FirstCodeBody,
        success={200: EnabledAnswer},
        errors=[InvalidCredentialsError, TwoFactorStateError],
    )
    def post(self, request: Request) -> Response:
        """Let the secret count from now on; the answer has the backup codes, and nothing else ever has."""
        code = self.body(FirstCodeBody)["code"]
        codes = second_factor.turn_on(code, actor=actor_of(request), now=clock.now())
        return Response(_state(is_on=True, pending=False) | {"backup_codes": codes})


class Status(_SecondFactorView):
    """How is it?"""

    @operation(success={200: StatusAnswer})
    def get(self, request: Request) -> Response:
        """Return the state of the caller's second factor."""
        user = queries.user_by_id(actor_of(request).user_id)
        codes = (user.get("second_factor") or {}).get("backup_codes", [])
        return Response(_state_of(user) | {"backup_codes_left": len(codes)})


class Disable(_SecondFactorView):
    """No second factor any more."""

    @operation(
        request=ProofBody,
        success={200: StateAnswer},
        errors=[
            InvalidCredentialsError,
            TwoFactorStateError,
            InsufficientPermissionsError,
            RateLimitExceededError,
        ],
    )
    def post(self, request: Request) -> Response:
        """Take the caller's second factor away; staff cannot."""
        body = self.body(ProofBody)
        second_factor.turn_off(body["password"], body["code"], actor=actor_of(request), now=clock.now())
        return Response(_state(is_on=False, pending=False))


class Reset(_SecondFactorView):
    """Another authenticator."""

    @operation(
        request=ProofBody,
        success={200: SetupAnswer},
        errors=[InvalidCredentialsError, TwoFactorStateError],
    )
    def post(self, request: Request) -> Response:
        """Make a new secret; the old one holds until a code of the new one has come."""
        body = self.body(ProofBody)
        made = second_factor.replace(body["password"], body["code"], actor=actor_of(request), now=clock.now())
        return Response(_told(made))


class BackupCodes(_SecondFactorView):
    """Backup codes, but for the codes."""

    @operation(success={200: BackupCodesLeft}, errors=[TwoFactorStateError])
    def get(self, request: Request) -> Response:
        """Return how many are left, and since when there are these."""
        factor = queries.user_by_id(actor_of(request).user_id).get("second_factor")
        if not factor:
            raise TwoFactorStateError("not_on", "You have no second factor.")
        made_at = datetime.fromtimestamp(factor["backup_codes_at"], UTC)
        return Response({"left": len(factor["backup_codes"]), "generated_at": made_at})


class RegenerateBackupCodes(_SecondFactorView):
    """Other backup codes."""

    asks_second_factor = frozenset({"POST"})

    @operation(
        success={200: BackupCodesAnswer},
        errors=[TwoFactorStateError, FreshTwoFactorRequiredError],
    )
    def post(self, request: Request) -> Response:
        """Make new ones; the old ones are void."""
        made = second_factor.renew_backup_codes(actor=actor_of(request), now=clock.now())
        return Response({"backup_codes": made})


def _state(*, is_on: bool, pending: bool) -> dict[str, Any]:
    return {"enabled": is_on, "methods": list(METHODS) if is_on else [], "pending": pending}


def _state_of(user: Document) -> dict[str, Any]:
    pending = user.get("second_factor_pending") or {"expires_at": 0}
    waits = pending["expires_at"] > clock.now().timestamp()
    return _state(is_on=bool(user.get("second_factor")), pending=waits)


def _told(made: SetUp) -> dict[str, Any]:
    return _state(is_on=made.is_on, pending=True) | {
        "totp_secret": made.secret,
        "provisioning_uri": made.uri,
        "qr_code_data": totp.drawn_for_img(made.uri),
        "expires_at": made.expires_at,
    }
