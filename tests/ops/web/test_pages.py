"""Pages get their middlewares; a call of the API goes past them."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ops.web.pages import PagesMiddleware
from tests.api import Answer
from tests.console import Console
from tests.factories import new_person


def view(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's signature
    return HttpResponse("done")


@pytest.mark.parametrize(("path", "status"), [("/admin/anything", 403), ("/family/create", None)])
def test_a_form_without_its_token_is_refused_on_pages_only(path: str, status: int | None) -> None:
    answer = PagesMiddleware(view).process_view(RequestFactory().post(path), view, (), {})

    assert (answer.status_code if answer else None) == status


@pytest.mark.parametrize(("path", "has_policy"), [("/admin/anything", True), ("/family/create", False)])
def test_only_pages_carry_the_headers_of_pages(path: str, *, has_policy: bool) -> None:
    answer = PagesMiddleware(view)(RequestFactory().get(path))

    assert answer.has_header("Content-Security-Policy") is has_policy


def test_a_page_that_does_not_know_a_method_says_so_in_the_one_error_shape() -> None:
    console = Console(new_person(is_staff=True))

    answer = Answer(console.client.get("/admin/logout/"))

    assert answer.problem == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert answer.headers["X-Frame-Options"] == "DENY"
