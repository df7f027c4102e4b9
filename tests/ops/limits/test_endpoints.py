"""Which operation a word means: a name, a path, or a method and a path."""

import pytest

from ops.errors import Fault
from ops.limits.endpoints import endpoint_fault, operation_of
from ops.limits.table import LIMITS
from tests.routes import views


@pytest.mark.parametrize(
    ("word", "operation"),
    [
        ("family_create", "family_create"),
        ("/family/create", "family_create"),
        ("POST /family/create", "family_create"),
        ("post /family/create", "family_create"),
        ("/family/{family_id}/leave", "member_leave"),
        ("/family/fam_0123/leave", "member_leave"),
        ("DELETE /family/{family_id}", "family_delete"),
        ("GET /family/{family_id}", "read"),
        ("HEAD /family/{family_id}", "read"),
        ("/family/my-families", "read"),
        ("/auth/login", "login"),
        ("/health", "health_probe"),
        ("POST /admin/rate-limits", "operator_write"),
        ("POST /family/invitation/{token}/accept", "invitation_token"),
    ],
)
def test_a_word_means_an_operation(word: str, operation: str) -> None:
    assert operation_of(word) == operation
    assert endpoint_fault(word) is None


@pytest.mark.parametrize(
    "word",
    [
        *("", "nothing", "family/create", "/nothing", "/family/create/", "/family/create?x=1", "/family/a#b"),
        *(
            "FAMILY_CREATE",
            "/sign-in",
            "/admin/",
            "/admin/ops/mail/",
            "POST",
            "POST  ",
            "/",
            "/family/a b/leave",
        ),
        "https://example.com/family/create",
    ],
)
def test_other_words_mean_nothing(word: str) -> None:
    fault = endpoint_fault(word)

    assert fault is not None
    assert fault.code == "invalid_choice"
    assert fault.message.startswith("There is no such operation and no such path")


def test_a_path_of_several_operations_is_refused_and_they_are_named() -> None:
    assert operation_of("/family/fam_1") == Fault(
        "invalid_choice",
        "Several operations have this path; say which: `GET /family/{family_id}`, "
        "`PUT /family/{family_id}`, `DELETE /family/{family_id}`.",
    )


def test_a_method_that_the_path_does_not_know_is_refused() -> None:
    assert operation_of("DELETE /family/create") == Fault(
        "invalid_choice", "This path does not know that method; possible: `POST /family/create`."
    )


def test_every_path_of_the_api_leads_to_rows_of_the_table() -> None:
    for path, view in views():
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                assert operation_of(f"{method} {path}") in LIMITS, path
