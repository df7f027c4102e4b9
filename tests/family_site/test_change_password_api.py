"""PUT /auth/change-password. Source: HTTP contract, sections 11 and 18 (rules 15, 17)."""

from functools import partial
from typing import Any

import pytest

from family_site.identity.actions.disabling import disable
from ops import clock
from ops.actors import Actor
from ops.redis import store
from tests.api import Answer, Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person
from tests.races import at_once

NEW = "Other-Long-8?"


def log_in(person: Person, password: str = PASSWORD) -> Answer:
    return Api().post("/auth/login", {"username": person.username, "password": password})


def change(client: Api, current: str = PASSWORD, new: str = NEW) -> Answer:
    return client.put("/auth/change-password", {"current_password": current, "new_password": new})


def bearer(answer: Answer) -> Api:
    return Api(authorization=f"Bearer {answer.json['access_token']}")


def is_inside(client: Api) -> bool:
    answer = client.get("/auth/me")
    return answer.status == 200 or answer.problem != (401, "INVALID_TOKEN")


def test_the_new_password_holds_and_the_old_one_does_not(person: Person) -> None:
    entries = audit()

    answer = change(Api(person))

    assert answer.status == 200
    assert answer.json.items() >= {"status": "success", "transaction_safe": True}.items()
    assert answer.json.keys() == {"status", "message", "transaction_safe"}
    (entry,) = [each for each in audit() if each not in entries]
    assert (entry["action"], entry["actor"], entry["target"]) == ("password.changed", person.id, person.id)
    assert log_in(person).problem == (401, "INVALID_CREDENTIALS")
    assert log_in(person, NEW).status == 200
    assert NEW not in repr(documents())


def test_all_other_sessions_end_at_once_and_this_one_goes_on(person: Person, stranger: Person) -> None:
    here, there = log_in(person), log_in(person)
    assert is_inside(bearer(here))
    assert is_inside(bearer(there))  # so that both are remembered

    assert change(bearer(here)).status == 200

    assert (is_inside(bearer(here)), is_inside(bearer(there)), is_inside(Api(person))) == (True, False, False)
    assert is_inside(Api(stranger))
    store().flushall()
    assert (is_inside(bearer(here)), is_inside(bearer(there)), is_inside(Api(person))) == (True, False, False)
    refreshed = Api().post("/auth/refresh", {"refresh_token": here.json["refresh_token"]})
    assert is_inside(bearer(refreshed))
    dead = Api().post("/auth/refresh", {"refresh_token": there.json["refresh_token"]})
    assert dead.problem == (401, "INVALID_TOKEN")


def test_sessions_of_the_console_end(person: Person) -> None:
    staff = new_person("operator", is_staff=True)
    console = Console(staff)

    assert change(Api(staff)).status == 200

    assert console.get("/admin/").goes_to == "/admin/login/?next=/admin/"
    assert is_inside(Api(person))


def test_a_wrong_current_password_changes_nothing(person: Person) -> None:
    other = log_in(person)
    before = documents()

    answer = change(Api(person), current="Quite-Wrong-7!")

    assert answer.problem == (401, "INVALID_CREDENTIALS")
    assert documents() == before
    assert is_inside(bearer(other))


@pytest.mark.parametrize(
    "new", ["lowercase-7!", "UPPERCASE-7!", "No-Digits-!", "NoSpecial77", "Password123!"]
)
def test_a_weak_new_password_is_refused_by_its_name(person: Person, new: str) -> None:
    before = documents()

    assert change(Api(person), new=new).faults == {("new_password", "invalid_format")}
    assert documents() == before


def test_a_new_password_like_the_name_is_refused() -> None:
    person = new_person("goldfinch")

    assert change(Api(person), new="Goldfinch-77!").faults == {("new_password", "invalid_format")}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {("current_password", "required"), ("new_password", "required")}),
        ({"current_password": PASSWORD, "new_password": "Sh0rt-!"}, {("new_password", "too_short")}),
        ({"current_password": PASSWORD, "new_password": "Aa1!" * 33}, {("new_password", "too_long")}),
        ({"current_password": "", "new_password": NEW}, {("current_password", "too_short")}),
        (
            {"current_password": None, "new_password": 5},
            {("current_password", "null"), ("new_password", "invalid_type")},
        ),
        (
            {"current_password": PASSWORD, "new_password": NEW, "user_id": "user_1"},
            {("user_id", "unknown_field")},
        ),
    ],
)
def test_a_body_of_another_shape_is_refused(
    person: Person, body: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    before = documents()

    assert Api(person).put("/auth/change-password", body).faults == faults
    assert documents() == before


def test_of_parallel_changes_one_wins(person: Person) -> None:
    clients = [bearer(log_in(person)) for _ in range(4)]
    passwords = [f"Other-Long-{number}?" for number in range(4)]
    entries = len(audit())

    answers = at_once(
        [partial(change, client, PASSWORD, new) for client, new in zip(clients, passwords, strict=True)]
    )

    won = [place for place, answer in enumerate(answers) if answer.status == 200]
    assert len(won) == 1
    assert all(answer.problem[0] == 401 for answer in answers if answer.status != 200)
    assert [is_inside(client) for client in clients] == [place == won[0] for place in range(4)]
    assert len(audit()) == entries + 1
    assert log_in(person, passwords[won[0]]).status == 200


def test_who_is_disabled_meanwhile_has_no_new_password(person: Person) -> None:
    def keep_out() -> None:
        disable(person.id, actor=Actor.system("tests"), now=clock.now(), reason="Lost device")

    calls: list[Any] = [partial(change, Api(person)), keep_out]
    at_once(calls)

    assert not is_inside(Api(person))
