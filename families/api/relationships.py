"""Relationships: seen and changed. Source: HTTP contract, section 6."""

from rest_framework.request import Request

from families import queries, rules
from families.actions import relationships
from families.actions.relationships import Pair
from families.api import member_answers as answers
from families.api.member_bodies import TYPES, RelationshipAnswer, RelationshipBody, RelationshipChanged
from families.errors import FamilyNotFoundError, InvalidRelationshipError, MemberNotFoundError
from family_site.identity import queries as identity
from ops import clock
from ops.actors import Scope
from ops.errors import InsufficientPermissionsError
from ops.metrics import operations
from ops.web.answers import Response
from ops.web.schema import ok, operation
from ops.web.views import ApiView, actor_of


class Relationships(ApiView):
    """What the members of a family are to each other."""

    limited_as = {"PUT": "relationship_modify"}
    scope = Scope.FAMILIES
    counted_as = {"PUT": operations.of_family("change_relationship")}

    @operation(success={200: RelationshipAnswer(many=True)}, errors=[FamilyNotFoundError])
    def get(self, request: Request, family_id: str) -> Response:
        """Return the relationships that there are, oldest first."""
        family = queries.family_visible_to(actor_of(request), family_id)
        found = queries.relationships_of(family["_id"])
        # Not of the members: one of these may have come in since they were read.
        names = identity.usernames({each[side]["user_id"] for each in found for side in ("user_a", "user_b")})
        return Response([answers.relationship(each, names) for each in found])

    @operation(
        request=RelationshipBody,
        success={200: RelationshipChanged},
        errors=[
            FamilyNotFoundError,
            InsufficientPermissionsError,
            InvalidRelationshipError,
            MemberNotFoundError,
        ],
    )
    def put(self, request: Request, family_id: str) -> Response:
        """Set what two members are to each other, both sides at once."""
        actor, now, body = actor_of(request), clock.now(), self.body(RelationshipBody)
        kind = rules.relationship_type(body["new_relationship_type"])
        if kind is None:
            raise InvalidRelationshipError("new_relationship_type", TYPES)
        sent = body.get("reciprocal_type", str(rules.reciprocal(kind)))
        reverse = rules.relationship_type(sent)
        if reverse not in rules.RECIPROCALS[kind]:
            raise InvalidRelationshipError("reciprocal_type", rules.RECIPROCALS[kind])
        pair = Pair(body["user_a_id"], body["user_b_id"], kind, reverse)
        related = relationships.change(family_id, pair, actor=actor, now=now)
        return Response(ok("The relationship was set.") | answers.related(related, family_id, actor, now))
