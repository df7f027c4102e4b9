"""Requests that were sent to a name which is not ours. Source: HTTP contract, section 2.1."""

import pytest
from django.test import Client

from tests.api import Api
from tests.factories import Person


@pytest.mark.parametrize("path", ["/health", "/auth/me", "/family/my-families"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", ""])
def test_another_name_is_refused_everywhere(person: Person, path: str, host: str) -> None:
    answer = Api(person).get(path, Host=host)

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/admin/", "/docs", "/no/such/path"])
def test_pages_are_no_exception(path: str) -> None:
    assert Client().get(path, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_machine_itself_may_always_ask(host: str) -> None:
    assert Api().get("/health/live", Host=host).status == 200
