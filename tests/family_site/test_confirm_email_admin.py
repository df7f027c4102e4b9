"""Staff confirm addresses where no mail can. Source: design, section 6."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from family_site.identity.roles import Role
from tests.api import Api
from tests.console import LIST, Console
from tests.database import audit, documents
from tests.factories import Person, new_person, new_staff

WHY = "Seen at the desk"


def is_verified(person: Person) -> bool:
    verified: bool = Api(person).get("/auth/me").json["is_verified"]
    return verified


def page_of(person: Person) -> str:
    return f"{LIST['users']}{person.id.replace('_', '_5F')}/change/"


def confirm(name: str) -> str:
    out = StringIO()
    call_command("confirm_email", name, reason=WHY, stdout=out)
    return out.getvalue().strip()


def test_an_address_is_confirmed_by_command_once(person: Person) -> None:
    before = audit()

    said = [confirm(person.username), confirm(person.email)]

    assert said == [
        f"The address of {person.username} is confirmed.",
        f"The address of {person.username} was confirmed already.",
    ]
    assert is_verified(person)
    (entry,) = [each for each in audit() if each not in before]
    assert (entry["action"], entry["target"], entry["actor_kind"]) == ("email.confirmed", person.id, "shell")
    assert entry["private"]["reason"] == WHY


def test_nobody_and_no_reason_are_refused(person: Person) -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        confirm("nobody")
    with pytest.raises(CommandError, match="--reason"):
        call_command("confirm_email", person.username)

    assert not is_verified(person)


def test_support_confirms_an_address_on_the_page_of_its_user(person: Person) -> None:
    console, page = Console(new_staff(Role.SUPPORT)), page_of(person)
    assert "Confirm address…" in console.get(page).text
    asked = console.ask(page, "confirm_email")
    assert asked.table("What will happen")[0][2].startswith(f"{person.email} counts as confirmed")
    assert not is_verified(person)

    done = console.confirm(page, "confirm_email", reason=WHY)

    assert done.goes_to == page
    assert is_verified(person)
    assert [each["private"]["reason"] for each in audit("email.confirmed")] == [WHY]
    assert "Confirm address…" not in console.get(page).text


def test_an_auditor_confirms_nothing(person: Person) -> None:
    console = Console(new_staff(Role.AUDITOR))

    assert console.confirm(LIST["users"], "confirm_email", person.id).status == 403
    assert not is_verified(person)


def test_nobody_vouches_for_themselves() -> None:
    staff = new_person("operator", is_staff=True)
    console, before = Console(staff), documents("users")

    console.confirm(page_of(staff), "confirm_email")

    assert console.get(page_of(staff)).told.startswith("Confirm address operator: refused. ")
    assert documents("users") == before
