"""GET and DELETE /auth/sessions. Source: HTTP contract, sections 11 and 18 (rules 11, 15, 17)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import override_settings

from family_site.identity.rules import device
from ops import clock
from ops.mongo.collections import collection
from ops.redis import store
from tests.api import Answer, Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_person
from tests.races import at_once

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MEMBERS = {"session_id", "device", "user_agent", "ip", "created_at", "last_seen_at", "is_current"}


def sign_in(person: Person, user_agent: str = "") -> tuple[Api, str]:
    body = {"username": person.username, "password": PASSWORD}
    tokens = Api(user_agent=user_agent).post("/auth/login", body).json
    return Api(authorization=f"Bearer {tokens['access_token']}"), tokens["session_id"]


def delete(client: Api, path: str = "/auth/sessions") -> Answer:
    return client.send("DELETE", path)


def shown(client: Api) -> list[dict[str, Any]]:
    answer = client.get("/auth/sessions")
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.json
    return found


def ids(client: Api) -> list[str]:
    return [each["session_id"] for each in shown(client)]


def is_revoked(client: Api) -> bool:
    answer = client.get("/auth/me")
    if answer.status == 200:
        return False
    assert answer.problem == (401, "INVALID_TOKEN")
    return bool(answer.json["details"] == {"reason": "revoked"})


def spread(*session_ids: str) -> None:
    """Give the sessions different times of their beginning, the first the earliest."""
    for place, session_id in enumerate(session_ids, start=1):
        begun = clock.now() - timedelta(hours=5) + timedelta(minutes=place)
        collection("sessions").update({"_id": session_id}, {"$set": {"created_at": begun}})


def test_a_user_sees_their_own_sessions_newest_first(person: Person, stranger: Person) -> None:
    first, first_id = sign_in(person, user_agent=FIREFOX)
    _, second_id = sign_in(person, user_agent="curl/8.5.0")
    spread(person.session_id, first_id, second_id)
    sign_in(stranger)

    found = shown(first)

    assert [each["session_id"] for each in found] == [second_id, first_id, person.session_id]
    assert all(each.keys() == MEMBERS for each in found)
    assert [each["device"] for each in found] == ["curl", "Firefox on Linux", "unknown device"]
    assert [each["user_agent"] for each in found] == ["curl/8.5.0", FIREFOX, None]
    assert [each["ip"] for each in found] == ["127.0.0.1", "127.0.0.1", None]
    assert [each["is_current"] for each in found] == [False, True, False]


def test_only_what_is_in_force_is_shown(person: Person) -> None:
    ended, _ = sign_in(person)
    _, over_id = sign_in(person)
    _, stale_id = sign_in(person)
    ended.post("/auth/logout")
    collection("sessions").update({"_id": over_id}, {"$set": {"expires_at": clock.now()}})
    collection("sessions").update({"_id": stale_id}, {"$set": {"security_stamp": "stamp_of_before"}})

    assert ids(Api(person)) == [person.session_id]


def test_looking_changes_nothing(person: Person) -> None:
    before = documents()

    shown(Api(person))

    assert documents() == before


def test_an_ended_session_is_dead_from_the_next_request_on_and_stays_so(person: Person) -> None:
    other, other_id = sign_in(person)
    assert not is_revoked(other)  # so that its state is remembered
    entries = audit()

    answer = delete(Api(person), f"/auth/sessions/{other_id}")

    assert answer.status == 200
    assert answer.json.items() >= {"status": "success", "transaction_safe": True, "revoked": 1}.items()
    assert answer.json.keys() == {"status", "transaction_safe", "revoked", "message"}
    assert is_revoked(other)
    assert not is_revoked(Api(person))
    assert ids(Api(person)) == [person.session_id]
    (entry,) = [each for each in audit() if each not in entries]
    assert (entry["action"], entry["actor"], entry["target"]) == ("session.revoked", person.id, other_id)
    store().flushall()
    assert is_revoked(other)


def test_all_others_end_and_this_one_goes_on(person: Person, stranger: Person) -> None:
    mine, mine_id = sign_in(person)
    others = [Api(person), sign_in(person)[0]]
    assert not any(is_revoked(client) for client in others)
    entries = len(audit())

    answer = delete(mine)

    assert (answer.status, answer.json["revoked"]) == (200, 2)
    assert all(is_revoked(client) for client in others)
    assert not is_revoked(Api(stranger))
    assert ids(mine) == [mine_id]
    assert len(audit()) == entries + 1
    again = delete(mine)
    assert (again.status, again.json["revoked"]) == (200, 0)
    assert len(audit()) == entries + 1


def test_one_may_end_the_session_one_calls_from(person: Person) -> None:
    assert delete(Api(person), f"/auth/sessions/{person.session_id}").status == 200

    assert is_revoked(Api(person))


@pytest.mark.parametrize("everywhere", [False, True])
def test_sessions_of_the_console_are_shown_and_end_as_well(*, everywhere: bool) -> None:
    staff = new_person("operator", is_staff=True)
    console = Console(staff, user_agent=FIREFOX)
    (console_id,) = set(ids(Api(staff))) - {staff.session_id}

    answer = delete(Api(staff), "/auth/sessions" if everywhere else f"/auth/sessions/{console_id}")

    assert (answer.status, answer.json["revoked"]) == (200, 1)
    assert console.get("/admin/").goes_to == "/admin/login/?next=/admin/"
    assert ids(Api(staff)) == [staff.session_id]


def test_another_persons_session_is_unknown(person: Person, stranger: Person) -> None:
    ended, ended_id = sign_in(person)
    ended.post("/auth/logout")
    before = documents()

    for session_id in (stranger.session_id, ended_id, "ses_1", "$ne", "%00", "x" * 5000, person.id):
        answer = delete(Api(person), f"/auth/sessions/{session_id}")
        assert answer.problem == (404, "NOT_FOUND"), session_id

    assert documents() == before
    assert not is_revoked(Api(stranger))


def test_what_ends_while_redis_is_away_is_dead_when_it_comes_back_with_what_it_remembered(
    person: Person,
) -> None:
    other, other_id = sign_in(person)
    assert not is_revoked(other)  # so that its state is remembered
    remembered = store().get(f"session:{other_id}")
    store.cache_clear()
    try:
        with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):  # nothing listens there
            assert delete(Api(person), f"/auth/sessions/{other_id}").status == 200
            assert is_revoked(other)
    finally:
        store.cache_clear()

    assert store().get(f"session:{other_id}") == remembered  # and nobody believes it
    assert is_revoked(other)


def test_of_four_parallel_calls_one_ends_the_session(person: Person) -> None:
    _, other_id = sign_in(person)
    entries = len(audit())

    answers = at_once([partial(delete, Api(person), f"/auth/sessions/{other_id}")] * 4)

    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404]
    assert len(audit()) == entries + 1


def test_two_sessions_that_end_each_other_at_once_leave_at_most_one(person: Person) -> None:
    one, other = sign_in(person)[0], sign_in(person)[0]

    answers = at_once([partial(delete, one), partial(delete, other)])

    assert 200 in {answer.status for answer in answers}
    in_force = [each for each in documents("sessions")["sessions"] if each["revoked_at"] is None]
    assert len(in_force) <= 1


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (None, "unknown device"),
        ("", "unknown device"),
        ("\xff\xfe", "unknown device"),
        ("<script>", "unknown device"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("Firefox", "Firefox"),
        ("x" * 200, "unknown device"),
        ("Mozilla/5.0 (compatible)", "a browser"),
    ],
)
def test_a_program_is_named_by_its_user_agent(user_agent: str | None, label: str) -> None:
    assert device(user_agent) == label


@pytest.mark.parametrize(
    ("system", "browser", "label"),
    [
        ("X11; Linux x86_64; rv:128.0", "Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            "Windows NT 10.0; Win64",
            "AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        ("Linux; Android 14; Pixel 8", "Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("iPhone; CPU iPhone OS 17_5 like Mac OS X", "Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("iPad; CPU OS 17_5 like Mac OS X", "CriOS/126.0 Mobile Safari/604.1", "Chrome on iPad"),
        ("Macintosh; Intel Mac OS X 14_5", "Version/17.5 Safari/605.1.15", "Safari on macOS"),
    ],
)
def test_a_browser_is_named_by_its_user_agent(system: str, browser: str, label: str) -> None:
    assert device(f"Mozilla/5.0 ({system}) {browser}") == label
