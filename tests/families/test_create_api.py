"""POST /family/create. Source: HTTP contract, sections 4 and 18 (rules 7, 8, 17)."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from families.actions import members
from ops import clock
from ops.actors import Actor
from tests.api import Api
from tests.database import audit, documents, public_part
from tests.factories import Person, new_family, new_person
from tests.races import at_once

FAMILY = {
    *(
        "family_id",
        "name",
        "status",
        "is_active",
        "admin_user_ids",
        "member_count",
        "created_at",
        "updated_at",
    ),
    *("version", "is_admin", "user_role", "is_backup_admin", "usage_stats", "sbd_account"),
}
ALL = ("families", "family_people", "sbd_accounts", "audit_log")


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_founder_gets_the_family_as_its_admin(person: Person) -> None:
    answer = Api(person).post("/family/create", {"name": "  Larks  "})

    assert answer.status == 201
    assert answer.headers["Cache-Control"] == "no-store"
    (family,) = documents("families")["families"]
    assert answer.json.keys() >= FAMILY
    assert {name: answer.json[name] for name in FAMILY - {"sbd_account"}} == {
        "family_id": family["_id"],
        "name": "Larks",
        "status": "active",
        "is_active": True,
        "admin_user_ids": [person.id],
        "member_count": 1,
        "created_at": moment(family["created_at"].replace(tzinfo=UTC)),
        "updated_at": moment(family["created_at"].replace(tzinfo=UTC)),
        "version": 1,
        "is_admin": True,
        "user_role": "admin",
        "is_backup_admin": False,
        "usage_stats": {
            "current_members": 1,
            "max_members_allowed": 5,
            "pending_invitations": 0,
            "can_add_members": True,
        },
    }
    account = answer.json["sbd_account"]
    account.pop("spending_permissions", None)
    assert account == {
        "account_username": "family_larks",
        "balance": 0,
        "is_frozen": False,
        "frozen_by": None,
        "can_spend": True,
        "spending_limit": -1,
    }
    assert family["_id"].startswith("fam_")


def test_founding_opens_an_empty_account_whose_manager_is_the_founder(person: Person) -> None:
    before = documents("sbd_accounts")["sbd_accounts"]

    family_id = Api(person).post("/family/create", {"name": "Larks"}).json["family_id"]

    (account,) = [each for each in documents("sbd_accounts")["sbd_accounts"] if each not in before]
    assert account["owner"] == {"kind": "family", "id": family_id, "active": True}
    assert (account["balance"], account["seq"], account["large_transaction_threshold"]) == (0, 0, 1000)
    (holder,) = account["holders"]
    assert (holder["user_id"], holder["role"], holder["can_spend"], holder["spending_limit"]) == (
        person.id,
        "manager",
        True,
        -1,
    )
    (family,) = documents("families")["families"]
    assert family["account_id"] == account["_id"]


def test_founding_leaves_one_audit_entry_without_the_name_in_public(person: Person) -> None:
    entries = len(audit())

    family_id = Api(person).post("/family/create", {"name": "Larks of Leith"}).json["family_id"]

    assert len(audit()) == entries + 1
    (entry,) = audit("family.created")
    assert (entry["actor"], entry["target"], entry["family_id"]) == (person.id, family_id, family_id)
    assert "Larks" not in public_part(entry)
    assert person.username not in public_part(entry)
    assert entry["private"]["after"] == {"name": "Larks of Leith"}


@pytest.mark.parametrize("body", [None, {}, {"name": None}])
def test_a_family_without_a_name_is_called_after_its_founder(body: Any) -> None:
    answer = Api(new_person("robin")).post("/family/create", body)

    assert (answer.status, answer.json["name"]) == (201, "robin's Family")
    assert answer.json["sbd_account"]["account_username"] == "family_robin_s_family"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "too_short"),
        ("   ", "too_short"),
        ("L", "too_short"),
        (" L ", "too_short"),
        ("e\u0301", "too_short"),  # one character once it is NFC
        ("L" * 101, "too_long"),
        ("<b>Larks</b>", "invalid_format"),
        ("Larks > Crows", "invalid_format"),
        ("...", "invalid_format"),
        ("- _ -", "invalid_format"),
        ("La\x00rks", "invalid_format"),
        ("La\nrks", "invalid_format"),
        ("La\x7frks", "invalid_format"),
        ("La\u202erks", "invalid_format"),
        ("La\u2066rks", "invalid_format"),
        ("\ue000\ue001", "invalid_format"),  # private use
        ("family_larks", "reserved"),
        ("FAMILY_larks", "reserved"),
        ("Team_larks", "reserved"),
        ("admin_larks", "reserved"),
        ("system_larks", "reserved"),
        ("\u017fystem_larks", "reserved"),  # a long s, which is S in the other case
        ("bot_larks", "reserved"),
        ("Service_larks", "reserved"),
        ("fam\u200dily_larks", "reserved"),  # with a joiner that nobody sees
        (5, "invalid_type"),
        (True, "invalid_type"),
        (["Larks"], "invalid_type"),
        ({"$gt": ""}, "invalid_type"),
    ],
)
def test_a_name_against_the_rules_is_refused_and_nothing_is_written(
    person: Person, name: Any, code: str
) -> None:
    before = documents()

    answer = Api(person).post("/family/create", {"name": name})

    assert answer.problem == (400, "VALIDATION_ERROR")
    assert answer.faults == {("name", code)}
    assert documents() == before


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("La", "family_la"),
        ("L" * 100, "family_" + "l" * 40),
        ("O'Hara & Sons, 1921 (Leith)!", "family_o_hara_sons_1921_leith"),
        ("\u00c9lodie \u00d8", "family_elodie"),
        ("Cafe\u0301", "family_cafe"),
        ("$$ 100%", "family_100"),
        ("Family_larks"[7:], "family_larks"),
        ("familylarks", "family_familylarks"),
        ('{"$gt": ""}', "family_gt"),
    ],
)
def test_the_account_is_named_by_the_slug_of_the_name(person: Person, name: str, account: str) -> None:
    answer = Api(person).post("/family/create", {"name": name})

    assert (answer.status, answer.json["sbd_account"]["account_username"]) == (201, account)


@pytest.mark.parametrize(
    "name",
    [
        "\u5bb6\u65cf",
        "\u0639\u0627\u0626\u0644\u0629",
        "\u05de\u05e9\u05e4\u05d7\u05d4",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # one emoji of three people
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f!",  # the flag of Scotland
        "\U0001fae8 \U0001f6dc",  # emoji of Unicode 15
    ],
)
def test_a_name_of_any_script_is_taken_and_its_account_gets_a_random_name(person: Person, name: str) -> None:
    answer = Api(person).post("/family/create", {"name": name})

    assert (answer.status, answer.json["name"]) == (201, name)
    assert re.fullmatch(r"family_[a-z0-9]{6}", answer.json["sbd_account"]["account_username"])


def test_a_second_family_of_the_same_name_gets_an_account_name_of_its_own(
    person: Person, stranger: Person
) -> None:
    first, second = (Api(each).post("/family/create", {"name": "Larks"}) for each in (person, stranger))

    assert first.json["sbd_account"]["account_username"] == "family_larks"
    assert re.fullmatch(r"family_larks_[a-z0-9]{6}", second.json["sbd_account"]["account_username"])


def test_the_account_keeps_its_name_when_the_family_gets_another(person: Person) -> None:
    family_id = new_family(person, "Larks")["_id"]

    changed = Api(person).put(f"/family/{family_id}", {"name": "Crows"})

    assert (changed.status, changed.json["name"]) == (200, "Crows")
    assert changed.json["sbd_account"]["account_username"] == "family_larks"


def test_nobody_founds_more_than_three(person: Person) -> None:
    for _ in range(3):
        new_family(person)
    before = documents()

    answer = Api(person).post("/family/create", {"name": "Larks"})

    assert answer.problem == (403, "FAMILY_LIMIT_EXCEEDED")
    assert answer.json["details"] == {
        "limit_type": "families",
        "limit": 3,
        "current": 3,
        "upgrade_required": True,
    }
    assert documents() == before


def test_nobody_belongs_to_more_than_ten(person: Person) -> None:
    founders = [new_person() for _ in range(4)]
    families = [new_family(founder) for founder in founders for _ in range(3)][:10]
    for family in families:
        members.join(family["_id"], person.id, actor=Actor.system("tests"), now=clock.now())
    before = documents()

    answer = Api(person).post("/family/create", {"name": "Larks"})

    assert answer.problem == (403, "FAMILY_LIMIT_EXCEEDED")
    assert answer.json["details"] == {
        "limit_type": "memberships",
        "limit": 10,
        "current": 10,
        "upgrade_required": True,
    }
    assert documents() == before


@pytest.mark.race
def test_of_sixteen_parallel_calls_of_one_person_three_found_a_family(person: Person) -> None:
    accounts = len(documents("sbd_accounts")["sbd_accounts"])

    answers = at_once([partial(Api(person).post, "/family/create", {"name": "Larks"})] * 16)

    assert sorted(answer.status for answer in answers) == [201] * 3 + [403] * 13
    refused = [answer.problem for answer in answers if answer.status != 201]
    assert refused == [(403, "FAMILY_LIMIT_EXCEEDED")] * 13
    stored = documents(*ALL)
    assert len(stored["families"]) == 3
    assert len(stored["sbd_accounts"]) == accounts + 3
    (me,) = stored["family_people"]
    assert sorted(me["founded"]) == sorted(me["member_of"]) == [each["_id"] for each in stored["families"]]
    assert len(audit("family.created")) == 3


@pytest.mark.race
def test_eight_people_found_families_of_one_name_at_once() -> None:
    people = [new_person() for _ in range(8)]

    answers = at_once([partial(Api(each).post, "/family/create", {"name": "Larks"}) for each in people])

    assert [answer.status for answer in answers] == [201] * 8
    names = {answer.json["sbd_account"]["account_username"] for answer in answers}
    assert len(names) == 8
    assert "family_larks" in names
    assert all(re.fullmatch(r"family_larks(_[a-z0-9]{6})?", name) for name in names)
