"""What the hot paths cost in commands to MongoDB and Redis. Source: design, section 9 (database commands)."""

from collections import Counter
from collections.abc import Callable

import pytest

from ops import switches
from ops.health import components
from ops.mongo.collections import control_collection
from ops.redis import store
from ops.web import replays
from tests import commands
from tests.api import Answer, Api
from tests.factories import PASSWORD, Person, new_family, new_invitation, token_of
from tests.waiting import until

NOTHING: Counter[str] = Counter()
# Each call is counted against its limit; a remembered session is looked up in the same round trip, and
# not in MongoDB.
COUNTED = Counter({"EVALSHA": 1})
SIGNED_IN = Counter({"EVALSHA": 1, "GET": 1})
COMMIT = "commitTransaction"
# Whether an account has this name already.
ACCOUNT_NAME = "find sbd_accounts"
FOUNDING = [
    "findAndModify family_people",  # made on the first family
    "update family_people",  # takes the place, if there is room
    ACCOUNT_NAME,
    "insert sbd_accounts",
    "insert families",
    "insert audit_log",
    "aggregate families",  # as everybody sees it, its account joined
    COMMIT,
]
FAMILY = {"name": "Owls"}
TELLING = ["aggregate users", "insert notifications"]  # as each prefers
JOINING = [
    "findAndModify family_invitations",  # claims it, if it is still open
    "find families",
    "find family_invitations",  # what else invites the same person here
    *("findAndModify family_people", "update family_people"),
    *("update families", "update sbd_accounts", "insert family_relationships"),
    *TELLING,  # everybody
    *(*TELLING, "insert email_outbox"),  # the inviter
    "insert audit_log",
    COMMIT,
]


@pytest.fixture(autouse=True)
def _remembered(person: Person) -> None:
    """The session has been looked up before, at a time when what Redis remembers was to be trusted."""
    assert until(lambda: switches.current() is not None)
    assert Api(person).get("/family/my-families").status == 200


def cost_of(call: Callable[[], Answer], status: int = 200) -> tuple[list[str], Counter[str]]:
    """Return the commands to MongoDB, in order, and those to Redis, of a call answered with this status."""
    with commands.redis_recorded() as redis, commands.recorded() as sent:
        answer = call()
    assert answer.status == status, answer.text
    return commands.steps(sent), redis


def test_my_families(person: Person) -> None:
    new_family(person)
    new_family(person)

    assert cost_of(lambda: Api(person).get("/family/my-families")) == (["aggregate families"], SIGNED_IN)


def test_a_session_that_is_not_remembered_is_looked_up_once(person: Person) -> None:
    store().delete(f"session:{person.session_id}")
    looked_up = SIGNED_IN + Counter({"SET": 1})

    first = cost_of(lambda: Api(person).get("/family/my-families"))

    assert first == (["aggregate sessions", "aggregate families"], looked_up)
    assert cost_of(lambda: Api(person).get("/family/my-families")) == (["aggregate families"], SIGNED_IN)


def test_a_family(person: Person) -> None:
    path = f"/family/{new_family(person)['_id']}"

    assert cost_of(lambda: Api(person).get(path)) == (["aggregate families"], SIGNED_IN)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (FAMILY, ["update families", "insert audit_log", "aggregate families"]),
        (
            {"notification_settings": {"large_transaction_threshold": 5}},
            ["update families", "update sbd_accounts", "insert audit_log", "aggregate families"],
        ),
        ({"name": "Larks"}, []),  # as it is
    ],
)
def test_changing_a_family(person: Person, body: dict[str, object], changes: list[str]) -> None:
    path = f"/family/{new_family(person, 'Larks')['_id']}"

    changed = cost_of(lambda: Api(person).put(path, body))

    assert changed == (["aggregate families", *changes, COMMIT], SIGNED_IN)


def test_founding_the_first_family_or_the_second(person: Person) -> None:
    first = cost_of(lambda: Api(person).post("/family/create", FAMILY), 201)
    second = cost_of(lambda: Api(person).post("/family/create", {"name": "Larks"}), 201)

    assert first == second == (FOUNDING, SIGNED_IN)


def test_a_family_named_like_another_costs_one_more(stranger: Person, person: Person) -> None:
    new_family(stranger, FAMILY["name"])

    founded = cost_of(lambda: Api(person).post("/family/create", FAMILY), 201)

    looks = FOUNDING.index(ACCOUNT_NAME)
    assert founded == ([*FOUNDING[:looks], ACCOUNT_NAME, *FOUNDING[looks:]], SIGNED_IN)


def test_an_idempotency_key_costs_two_more_and_its_replay_only_one_look(person: Person) -> None:
    def found() -> Answer:
        return Api(person).post("/family/create", FAMILY, **{replays.HEADER: "key-of-one-intent"})

    kept = ["find idempotency_keys", *FOUNDING[:-1], "insert idempotency_keys", COMMIT]

    assert cost_of(found, 201) == (kept, SIGNED_IN)
    assert cost_of(found, 201) == (["find idempotency_keys", COMMIT], SIGNED_IN)


@pytest.mark.parametrize(
    ("identifier", "told"),
    [("omar@example.com", []), ("stranger", ["aggregate users", "insert notifications"])],
)
def test_inviting(person: Person, stranger: Person, identifier: str, told: list[str]) -> None:
    path = f"/family/{new_family(person)['_id']}/invite"
    by_name = identifier == "stranger"
    body = {
        "identifier": stranger.username if by_name else identifier,
        "identifier_type": "username" if by_name else "email",
        "relationship_type": "cousin",
    }
    look = ["aggregate families", "find users", "aggregate family_invitations"]
    write = ["findAndModify families", "insert email_outbox", "insert family_invitations"]

    invited = cost_of(lambda: Api(person).post(path, body), 201)

    assert invited == ([*look, *write, *told, "insert audit_log", COMMIT], SIGNED_IN)
    assert cost_of(lambda: Api(person).post(path, body)) == ([*look, COMMIT], SIGNED_IN)


def test_answering_an_invitation(person: Person, stranger: Person) -> None:
    family = new_family(stranger)["_id"]
    path = f"/family/invitation/{new_invitation(family, stranger, person.email)['_id']}/respond"
    look = ["find users", "find family_invitations"]

    accepted = cost_of(lambda: Api(person).post(path, {"action": "accept"}))
    again = cost_of(lambda: Api(person).post(path, {"action": "accept"}), 404)

    assert accepted == ([*look, *JOINING], SIGNED_IN)
    assert again == (look, SIGNED_IN)


def test_a_page_of_invitations_and_a_link_are_one_look_each(person: Person, stranger: Person) -> None:
    family = new_family(person)["_id"]
    invitation = new_invitation(family, person, stranger.email)
    mine, link = "/family/my-invitations", f"/family/invitation/{token_of(invitation)}/accept"

    listed = cost_of(lambda: Api(person).get(f"/family/{family}/invitations?limit=1"))

    assert listed == (["aggregate families", "aggregate family_invitations"], SIGNED_IN)
    assert cost_of(lambda: Api(person).get(mine)) == (
        ["find users", "aggregate family_invitations"],
        SIGNED_IN,
    )
    assert cost_of(lambda: Api().get(link)) == (["find family_invitations"], COUNTED)


def test_notifications(person: Person) -> None:
    family = new_family(person)["_id"]
    read = ["aggregate notifications", "aggregate notifications"]  # the page, and how many are unread
    preferred = ["find family_people", *read]
    all_of_it, body = "/family/notifications", {"notification_ids": ["ntf_1"]}

    assert cost_of(lambda: Api(person).get(all_of_it)) == (read, SIGNED_IN)
    of_family = cost_of(lambda: Api(person).get(f"/family/{family}/notifications"))
    assert of_family == (["aggregate families", *read], SIGNED_IN)
    assert cost_of(lambda: Api(person).get(f"{all_of_it}/preferences")) == (preferred, SIGNED_IN)
    # With nothing to mark.
    marked = (["aggregate notifications", COMMIT], SIGNED_IN)
    assert cost_of(lambda: Api(person).post(f"{all_of_it}/mark-read", body)) == marked
    assert cost_of(lambda: Api(person).post(f"{all_of_it}/mark-all-read")) == marked


def test_registering() -> None:
    body = {"username": "newcomer", "email": "newcomer@example.com", "password": PASSWORD}

    registered = cost_of(lambda: Api().post("/auth/register", body), 201)

    stored = ["insert users", "insert sbd_accounts", "insert audit_log"]
    mailed = ["delete challenges", "insert challenges", "insert email_outbox"]
    opened = ["findAndModify users", "insert sessions"]
    assert registered == (["find users", *stored, *mailed, *opened, COMMIT], COUNTED)


def test_signing_in(person: Person) -> None:
    body = {"username": person.username, "password": PASSWORD}

    signed_in = cost_of(lambda: Api().post("/auth/login", body))

    # One attempt more of the name and one of the address, before the password is looked at; both taken back.
    tried = ["findAndModify sign_in_failures", "findAndModify sign_in_failures", "find users"]
    opened = ["update sign_in_failures", "findAndModify users", "insert sessions", "insert audit_log", COMMIT]
    assert signed_in == ([*tried, *opened], COUNTED)


def test_signing_out(person: Person) -> None:
    signed_out = cost_of(lambda: Api(person).post("/auth/logout"))

    # Batch by batch; Redis is told before the commit and after it.
    ended = ["find sessions", "update sessions", "insert audit_log", COMMIT]
    assert signed_out == (ended, SIGNED_IN + Counter({"SET": 2}))


def test_me(person: Person) -> None:
    assert cost_of(lambda: Api(person).get("/auth/me")) == (["find users"], SIGNED_IN)


def test_health_makes_each_server_do_something_once_for_many_callers() -> None:
    components.prober.reset()
    control_collection("ledger_checks").delete({})  # what else is told goes by when the ledger was opened

    first = cost_of(lambda: Api().get("/health"))

    # What MongoDB itself is asked is a `hello`, as the driver sends it: it is not counted. The others are
    # asked at the same time, so in no order.
    steps, redis = first
    assert sorted(steps) == [
        *("find email_flow", "find email_outbox", "find heartbeats"),
        *("find ledger_checks", "find sbd_accounts"),
    ]
    assert redis == Counter({"SET": 1, "GETDEL": 1})
    assert cost_of(lambda: Api().get("/health/live")) == ([], NOTHING)
