"""The first member of staff, and the one whose phone is lost, from the shell."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.api import Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.mails import mails
from tests.second_factors import code_of, secured

WHY = "Came to the office with a passport."
KEY = re.compile(r"^  ([A-Z2-7]{32})$", re.MULTILINE)


class Terminal:
    """What is typed: the passwords, and codes of the secret that was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, wrong: int = 0) -> None:
        """Type so many wrong codes first."""
        self.shown, self._wrong = StringIO(), wrong
        monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSWORD)
        monkeypatch.setattr("builtins.input", lambda _prompt: self._code())

    def _code(self) -> str:
        if self._wrong > 0:
            self._wrong -= 1
            return "000000"
        found = KEY.search(self.shown.getvalue())
        assert found
        return code_of(found[1])


def login(name: str) -> tuple[int, str]:
    answer = Api().post("/auth/login", {"username": name, "password": PASSWORD})
    return (200, "") if answer.status == 200 else answer.problem


def test_the_first_member_of_staff_has_a_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, wrong=1)

    call_command("create_staff", "first-one", "first@example.com", stdout=terminal.shown)

    (user,) = documents("users")["users"]
    assert (user["is_staff"], user["is_superuser"]) == (True, True)
    assert len(user["second_factor"]["backup_codes"]) == 10
    codes = re.findall(r"^  ([a-z2-9]{5}-[a-z2-9]{5})$", terminal.shown.getvalue(), re.MULTILINE)
    assert len(set(codes)) == 10
    assert "█" in terminal.shown.getvalue()
    assert login("first-one") == (401, "TWO_FACTOR_REQUIRED")
    one_step = {"username": "first-one", "password": PASSWORD, "two_fa_code": codes[0]}
    assert Api().post("/auth/login", one_step).status == 200


def test_a_role_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch)

    call_command("create_staff", "clerk", "clerk@example.com", role="support", stdout=terminal.shown)

    (user,) = documents("users")["users"]
    assert (user["is_staff"], user["is_superuser"], user["staff_roles"]) == (True, False, ["support"])


def test_without_a_right_code_there_is_no_second_factor_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal(monkeypatch, wrong=9)

    with pytest.raises(CommandError, match="No second factor was set up"):
        call_command("create_staff", "first-one", "first@example.com", stdout=terminal.shown)

    assert [each.get("second_factor") for each in documents("users")["users"]] == [None]


def test_a_lost_second_factor_is_taken_away_and_everything_ends(person: Person) -> None:
    lost = secured(person)

    call_command("reset_second_factor", person.username, reason=WHY, stdout=StringIO())

    (entry,) = audit("second_factor.reset")
    assert (entry["actor_kind"], entry["target"], entry["private"]["reason"]) == ("shell", person.id, WHY)
    assert Api(lost.person).get("/auth/me").problem == (401, "INVALID_TOKEN")
    assert login(person.username) == (200, "")
    assert "taken away by our staff" in [each.subject for each in mails("security")][-1]


def test_there_is_nothing_to_take_away(person: Person) -> None:
    before = documents()

    with pytest.raises(CommandError, match="There is no second factor"):
        call_command("reset_second_factor", person.username, reason=WHY)

    assert documents() == before
