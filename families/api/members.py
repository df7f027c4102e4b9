"""Members: seen, promoted, removed, gone. Source: HTTP contract, section 6."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from families import queries
from families.actions import admins, backups, departing
from families.actions.admins import Managed
from families.api import member_answers as answers
from families.api.member_bodies import (
    AdminActionPage,
    AdminAnswer,
    AdminBody,
    BackupAdminAnswer,
    BackupAdminBody,
    LeftAnswer,
    MemberAnswer,
    RemovedAnswer,
)
from families.errors import (
    AdminActionError,
    BackupAdminError,
    FamilyNotFoundError,
    MemberNotFoundError,
    MultipleAdminsRequiredError,
)
from families.rules import ADMIN_ACTIONS, MemberRole
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Scope
from ops.errors import FieldFault, InsufficientPermissionsError, ValidationFailedError
from ops.metrics import operations
from ops.web import cursors
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of

MANAGING = [FamilyNotFoundError, InsufficientPermissionsError, MemberNotFoundError]


class Outcome(NamedTuple):
    """What an action of a body does, how it is called once it is done, and what the member is then."""

    act: Callable[..., Managed]
    done: str
    role: str


ADMIN_OUTCOMES: Mapping[str, Outcome] = {
    "promote": Outcome(admins.promote, "promoted", MemberRole.ADMIN),
    "demote": Outcome(admins.demote, "demoted", MemberRole.MEMBER),
}
BACKUP_OUTCOMES: Mapping[str, Outcome] = {
    "designate": Outcome(backups.designate, "designated", "backup_admin"),
    "remove": Outcome(backups.remove, "removed", "member"),
}


class Members(ApiView):
    """The members of a family."""

    @operation(success={200: MemberAnswer(many=True)}, errors=[FamilyNotFoundError])
    def get(self, request: Request, family_id: str) -> Response:
        """Return them with what they are to the caller, those who joined first before the others."""
        actor = actor_of(request)
        family = queries.family_visible_to(actor, family_id)
        people = identity.people({each["user_id"] for each in family["members"]})
        return Response(answers.members(family, queries.relationships_of(family_id), people, actor))


class OneMember(ApiView):
    """A member of a family."""

    limited_as = "member_remove"
    scope = Scope.FAMILIES
    counted_as = {"DELETE": operations.of_family("remove_member")}

    @operation(success={200: RemovedAnswer}, errors=[*MANAGING, MultipleAdminsRequiredError])
    def delete(self, request: Request, family_id: str, user_id: str) -> Response:
        """Remove them; they are told."""
        now = clock.now()
        departure = departing.remove(family_id, user_id, actor=actor_of(request), now=now)
        return Response(ok(f"{departure.username} was removed.") | answers.removed(departure, now))


class Leave(ApiView):
    """Leaving a family."""

    limited_as = "member_leave"
    scope = Scope.FAMILIES
    kept_as = "member_leave"
    counted_as = {"POST": operations.of_family("leave")}

    @operation(success={200: LeftAnswer}, errors=[FamilyNotFoundError, MultipleAdminsRequiredError])
    def post(self, request: Request, family_id: str) -> Response:
        """Leave; of an admin who was the last, the first backup admin takes over."""
        now = clock.now()
        departure = departing.leave(family_id, actor=actor_of(request), now=now)
        left = {"family_id": family_id, "left_at": now, "promoted_user_id": departure.heir}
        return Response(ok("You have left the family.") | left)


class Admin(ApiView):
    """A member's role."""

    limited_as = "admin_change"
    scope = Scope.FAMILIES
    asks_second_factor = frozenset({"POST"})
    kept_as = "admin_change"
    counted_as = {"POST": operations.of_family("change_admin")}

    @operation(
        request=AdminBody,
        success={200: AdminAnswer},
        errors=[*MANAGING, AdminActionError, MultipleAdminsRequiredError],
    )
    def post(self, request: Request, family_id: str, user_id: str) -> Response:
        """Make them an admin, or a plain member."""
        actor, now = actor_of(request), clock.now()
        outcome = ADMIN_OUTCOMES[self.body(AdminBody)["action"]]
        changed = outcome.act(family_id, user_id, actor=actor, now=now)
        answer = ok(f"{changed.username} was {outcome.done}.") | {"action": outcome.done}
        return Response(answer | answers.managed(changed, outcome.role, family_id, actor, now))


class BackupAdmin(ApiView):
    """Who stands ready to take over."""

    limited_as = "backup_change"
    scope = Scope.FAMILIES
    kept_as = "backup_change"
    counted_as = {"POST": operations.of_family("change_backup_admin")}

    @operation(
        request=BackupAdminBody, success={200: BackupAdminAnswer}, errors=[*MANAGING, BackupAdminError]
    )
    def post(self, request: Request, family_id: str, user_id: str) -> Response:
        """Let a member stand ready, after those who do already; or no longer."""
        actor, now = actor_of(request), clock.now()
        outcome = BACKUP_OUTCOMES[self.body(BackupAdminBody)["action"]]
        changed = outcome.act(family_id, user_id, actor=actor, now=now)
        answer = ok(f"{changed.username} was {outcome.done} as backup admin.") | {
            "action": outcome.done,
            "role": outcome.role,
            "backup_user_id": changed.user_id,
            "backup_username": changed.username,
        }
        return Response(answer | answers.performed(family_id, actor, now))


class AdminActions(ApiView):
    """What the admins of a family did."""

    @operation(
        success={200: AdminActionPage},
        errors=[FamilyNotFoundError, InsufficientPermissionsError],
        parameters=[
            OpenApiParameter("action_type", {"type": "string", "enum": list(ADMIN_ACTIONS)}),
            OpenApiParameter("target_user_id", str, description="Only what was done to this person."),
            *cursors.PARAMETERS,
        ],
    )
    def get(self, request: Request, family_id: str) -> Response:
        """Return a page of the audit log, newest first."""
        actor, asked = actor_of(request), request.query_params
        action, target = asked.get("action_type"), asked.get("target_user_id")
        if action is not None and action not in ADMIN_ACTIONS:
            message = f"Possible: {', '.join(ADMIN_ACTIONS)}."
            raise ValidationFailedError([FieldFault("query.action_type", "invalid_choice", message)])
        filters = {"family_id": family_id, "action": action, "target": target}
        paging = cursors.asked(request, actor, "admin_actions", filters)
        queries.family_managed_by(actor, family_id)
        page = queries.admin_actions(family_id, paging.part, action=action, target=target)
        names = identity.usernames({each[name] for each in page.rows for name in ("actor", "target")})
        rows = [answers.admin_action(each, names, actor) for each in page.rows]
        return Response(paging.body(page, rows) | {"family_id": family_id})
