"""``manage.py access``."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ops.actors import Actor
from tests.database import audit
from tests.factories import Person, new_person
from tests.ops.access.blocking import HERE, NETWORK, WHY, stored


def told(*words: str) -> str:
    out = StringIO()
    call_command("access", *words, stdout=out)
    return out.getvalue()


def test_a_rule_is_made_shown_and_removed() -> None:
    made = told("block", "network", "203.0.113.9/24", "--for", "24h", "--reason", WHY)

    (rule,) = stored()
    assert made == f"block network {NETWORK}, until {rule['until']:%Y-%m-%d %H:%M} UTC: in force in 2 s.\n"
    assert rule["until"] - rule["created_at"] == timedelta(hours=24)
    assert told("list").split() == [
        *("block", "network", NETWORK, "until", *f"{rule['until']:%Y-%m-%d %H:%M}".split(), "UTC"),
        *WHY.split(),
    ]

    gone = told("remove", "block", "network", NETWORK, "--reason", "it was a customer")

    assert gone == f"block network {NETWORK} is gone; every process knows in 2 s.\n"
    assert stored() == []
    assert told("list") == ""
    (begun,), (ended,) = audit("access.blocked"), audit("access.removed")
    assert begun["actor"] == ended["actor"] == Actor.shell().id


def test_a_user_is_named_as_people_name_them(person: Person) -> None:
    assert told("allow", "user", person.username, "--reason", WHY) == (
        f"allow user {person.id}, until it is removed: in force in 2 s.\n"
    )


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("block", "address", "here", "--reason", WHY), "value: An address as 203.0.113.7"),
        (("block", "user", "nobody", "--reason", WHY), "value: There is no such user."),
        (("remove", "allow", "address", HERE, "--reason", WHY), "There is nothing here."),
        (("block", "address", HERE, "--reason", "no"), "5 to 500 characters"),
        (("block", "address", HERE, "--for", "soon", "--reason", WHY), "how long: 30m, 24h or 7d"),
        (("block", "address", HERE), "--reason"),
    ],
)
def test_what_is_refused_is_told_in_one_line(words: tuple[str, ...], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal):
        told(*words)

    assert stored() == []


def test_not_even_the_machine_locks_out_the_last_of_the_staff() -> None:
    boss = new_person(is_staff=True)

    with pytest.raises(CommandError, match="Nobody would be left who could take it back"):
        told("block", "user", boss.username, "--reason", WHY)
