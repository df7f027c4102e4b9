"""Recover a family that has no working admin. Source: HTTP contract, section 10."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from families.actions import recovering
from families.errors import FamilyNotFoundError, RecoveryInitiationError, RecoveryVerificationError
from families.rules.recovery import CODE_LENGTH, RecoveryStatus, recovery_code_fault
from ops import clock
from ops.actors import Scope
from ops.errors import NotFoundError
from ops.metrics import operations
from ops.web.answers import Response
from ops.web.schema import OkAnswer, ok, operation
from ops.web.serializers import StrictSerializer, Text
from ops.web.views import ApiView, actor_of

SHORTEST_REASON, LONGEST_REASON = 5, 500


class InitiateBody(StrictSerializer):
    """POST /family/{family_id}/recovery/initiate."""

    recovery_reason = Text(min_length=SHORTEST_REASON, max_length=LONGEST_REASON, lines=True)


class VerifyBody(StrictSerializer):
    """POST /family/recovery/{recovery_id}/verify."""

    verification_code = Text(
        min_length=CODE_LENGTH,
        max_length=CODE_LENGTH,
        rule=recovery_code_fault,
        examples=["204951"],
        help_text="The six digits that were mailed to the caller.",
    )


class InitiatedAnswer(OkAnswer):
    """An open recovery."""

    status = serializers.ChoiceField(choices=[str(RecoveryStatus.PENDING)])
    recovery_id = serializers.CharField()
    family_id = serializers.CharField()
    required_verifications = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class VerifiedAnswer(OkAnswer):
    """A code that counted; the last one of those that are required makes somebody an admin."""

    recovery_id = serializers.CharField()
    verification_accepted = serializers.BooleanField()
    current_verifications = serializers.IntegerField()
    required_verifications = serializers.IntegerField()
    recovery_complete = serializers.BooleanField()
    promoted_user_id = serializers.CharField(allow_null=True)
    promoted_username = serializers.CharField(allow_null=True)


class InitiateRecovery(ApiView):
    """Begin a recovery."""

    limited_as = "recovery_initiate"
    scope = Scope.FAMILIES
    kept_as = "recovery_initiate"
    counted_as = {"POST": operations.of_family("initiate_recovery")}

    @operation(
        request=InitiateBody,
        success={200: InitiatedAnswer},
        errors=[FamilyNotFoundError, RecoveryInitiationError],
    )
    def post(self, request: Request, family_id: str) -> Response:
        """Mail a code to each member who can be reached; an open recovery is answered as it is."""
        reason = self.body(InitiateBody)["recovery_reason"]
        recovery: dict[str, Any] = recovering.initiate(
            family_id, reason, actor=actor_of(request), now=clock.now()
        )
        return Response(
            ok("A code was mailed to each member who can be reached.")
            | {
                "status": recovery["status"],
                "recovery_id": recovery["_id"],
                "family_id": recovery["family_id"],
                "required_verifications": recovery["required"],
                "expires_at": recovery["expires_at"],
            }
        )


class VerifyRecovery(ApiView):
    """Verify a recovery."""

    limited_as = "recovery_verify"
    scope = Scope.FAMILIES
    kept_as = "recovery_verify"
    counted_as = {"POST": operations.of_family("verify_recovery")}

    @operation(
        request=VerifyBody,
        success={200: VerifiedAnswer},
        errors=[NotFoundError, RecoveryVerificationError],
    )
    def post(self, request: Request, recovery_id: str) -> Response:
        """Type the caller's code; a wrong one costs one of five tries."""
        code = self.body(VerifyBody)["verification_code"]
        verified = recovering.verify(recovery_id, code, actor=actor_of(request), now=clock.now())
        is_complete = verified.promoted_user_id is not None
        message = "The family has an admin again." if is_complete else "Your code is taken."
        return Response(
            ok(message)
            | {
                "recovery_id": recovery_id,
                "verification_accepted": True,
                "current_verifications": verified.current,
                "required_verifications": verified.recovery["required"],
                "recovery_complete": is_complete,
                "promoted_user_id": verified.promoted_user_id,
                "promoted_username": verified.promoted_username,
            }
        )
