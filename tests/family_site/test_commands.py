"""Django's commands about users go through the actions."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person

OTHER = "Another-Otter-8"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What will be typed, in order."""
    answers: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda _prompt: answers.pop(0))
    monkeypatch.setattr("builtins.input", lambda _prompt: answers.pop(0))
    return answers


def test_changepassword_ends_all_sessions_and_is_on_record(person: Person, typed: list[str]) -> None:
    typed += [OTHER, OTHER]

    call_command("changepassword", person.username, stdout=StringIO())

    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).status == 401
    assert Api().post("/auth/login", {"username": person.username, "password": OTHER}).status == 200
    assert "password.changed" in {each["action"] for each in documents("audit_log")["audit_log"]}


@pytest.mark.parametrize("passwords", [[OTHER, "Something-Else-9"], ["weak", "weak"]])
def test_changepassword_refuses_in_one_line(person: Person, typed: list[str], passwords: list[str]) -> None:
    before = documents("users", "sessions", "audit_log")
    typed += passwords

    with pytest.raises(CommandError):
        call_command("changepassword", person.username)

    assert documents("users", "sessions", "audit_log") == before


def test_changepassword_of_nobody_says_so() -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("changepassword", "nobody")


def test_createsuperuser_makes_staff_with_an_account(typed: list[str]) -> None:
    typed += ["first-one", "first@example.com", OTHER, OTHER]

    call_command("createsuperuser", stdout=StringIO())

    (user,) = documents("users")["users"]
    assert (user["is_staff"], user["is_superuser"]) == (True, True)
    assert [account["username"] for account in documents("sbd_accounts")["sbd_accounts"]] == ["first-one"]


def test_a_user_is_shut_out_and_let_in_again_by_command(person: Person) -> None:
    entries, why = len(audit()), "Lost device"

    for _ in range(2):  # the second time changes nothing
        call_command("disable_user", person.username, reason=why, stdout=StringIO())
    shut_out = Api().post("/auth/login", {"username": person.username, "password": PASSWORD})
    for _ in range(2):
        call_command("enable_user", person.username, reason=why, stdout=StringIO())

    assert shut_out.problem == (403, "ACCOUNT_DISABLED")
    assert Api(person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert Api().post("/auth/login", {"username": person.username, "password": PASSWORD}).status == 200
    told = [(each["action"], each["private"]["reason"]) for each in audit()[entries:-1]]
    assert told == [("user.disabled", why), ("user.enabled", why)]
