"""What an API view asks of staff: one permission for all its methods, or by method."""

from collections.abc import Mapping
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory, force_authenticate

from family_site.identity.roles import Role, permissions_of
from ops.actors import ANY_STAFF, Actor, ActorKind
from ops.web.answers import Response
from ops.web.schema import OperationSchema, operation
from ops.web.views import ApiView
from tests.api import Answer

CLEANUP = "ops.run_cleanup"


class Door(ApiView):
    """Counts who came in."""

    came_in = 0

    @operation(success={200: None})
    def get(self, request: Request) -> Response:  # noqa: ARG002  # DRF's signature
        """Come in to look."""
        type(self).came_in += 1
        return Response({})

    @operation(success={200: None})
    def post(self, request: Request) -> Response:
        """Come in to change something."""
        return self.get(request)


def door(required: str | Mapping[str, str] | None) -> type[Door]:
    return type("OneDoor", (Door,), {"required_permission": required, "came_in": 0})


def actor(role: Role | None = None, kind: ActorKind = ActorKind.STAFF) -> Actor:
    return Actor(kind, "user_x", permissions=permissions_of(role) if role else frozenset())


def knock(view: type[Door], who: Actor | None, method: str = "POST", query: str = "") -> Answer:
    user: Any = who  # the stubs know Django's users only
    request: Any = APIRequestFactory().generic(method, f"/door{query}")
    request.request_id = "a-request"
    force_authenticate(request, user=user)
    return Answer(view.as_view()(request))


PEOPLE = [
    (actor(Role.OPERATOR), True),
    (actor(Role.SUPERUSER), True),
    (actor(Role.AUDITOR), False),
    (actor(), False),
    (actor(Role.OPERATOR, ActorKind.USER), False),
]


@pytest.mark.parametrize(("who", "may"), PEOPLE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_only_staff_with_the_permission_come_in(who: Actor, method: str, *, may: bool) -> None:
    view = door(CLEANUP)

    answer = knock(view, who, method)

    assert (answer.status, view.came_in) == ((200, 1) if may else (403, 0))
    if not may:
        assert answer.json["error"] == "INSUFFICIENT_PERMISSIONS"
        assert answer.json["details"] == {"required": CLEANUP}


def test_any_staff_may_mean_just_that() -> None:
    view = door(ANY_STAFF)

    assert knock(view, actor()).status == 200
    assert knock(view, actor(kind=ActorKind.USER)).json["details"] == {"required": "staff"}
    assert view.came_in == 1


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.STAFF])
def test_methods_may_ask_for_different_rights(kind: ActorKind) -> None:
    view, nobody = door({"POST": CLEANUP}), actor(kind=kind)

    assert [knock(view, nobody, method).status for method in ("GET", "HEAD", "POST")] == [200, 200, 403]


def test_who_one_is_comes_before_what_one_may_and_that_before_the_body() -> None:
    view = door(CLEANUP)

    assert knock(view, None).json["error"] == "AUTHENTICATION_REQUIRED"
    assert knock(view, actor(), "PATCH").json["error"] == "METHOD_NOT_ALLOWED"
    assert knock(view, actor(), query="?skip=5").json["error"] == "VALIDATION_ERROR"
    assert view.came_in == 0


def test_the_schema_tells_of_the_refusal() -> None:
    def refusals(required: Mapping[str, str] | None, method: str) -> set[str]:
        schema = OperationSchema()
        schema.view, schema.method = door(required)(), method
        return {each.code for group in schema._refusals_by_status().values() for each in group}  # noqa: SLF001  # what it is made of

    assert "INSUFFICIENT_PERMISSIONS" in refusals({"POST": CLEANUP}, "POST")
    assert "INSUFFICIENT_PERMISSIONS" not in refusals({"POST": CLEANUP}, "GET")
    assert "INSUFFICIENT_PERMISSIONS" not in refusals(None, "POST")
