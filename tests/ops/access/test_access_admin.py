"""Rules of access in the console."""

import pytest

from family_site.identity.roles import Role
from tests.console import LIST, Console, document_page
from tests.database import audit
from tests.factories import Person, new_staff
from tests.ops.access.blocking import HERE, NETWORK, WHY, allow, block, stored

RULES = LIST["access rules"]


@pytest.fixture
def console(operator: Person) -> Console:
    return Console(operator)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ({}, [HERE, NETWORK]),
        ({"list": "block"}, [NETWORK]),
        ({"kind": "address"}, [HERE]),
        ({"created_at": "today"}, [HERE, NETWORK]),
        ({"q": NETWORK}, [NETWORK]),
        ({"q": "203.0.113.9"}, []),
        ({"list": "allow", "kind": "network"}, []),
    ],
)
def test_a_rule_is_found_by_list_kind_time_and_value(
    console: Console, query: dict[str, str], values: list[str]
) -> None:
    block("network", NETWORK)
    allow("address", HERE)

    page = console.get(RULES, **query)

    assert [row[3] for row in page.rows] == values


def test_the_page_tells_who_made_it_and_why(console: Console, person: Person) -> None:
    made = block("user", person.id)

    page = console.get(document_page(RULES, made["_id"]))

    assert (page.field("About"), page.field("State"), page.field("Ends")) == (
        person.username,
        "in force",
        "-",
    )
    assert (page.field("By"), page.field("Reason")) == ("system:tests", WHY)
    assert console.get("/admin/find/", q=made["_id"]).goes_to == document_page(RULES, made["_id"])


def test_a_rule_is_removed_with_a_reason_and_that_is_audited(console: Console, operator: Person) -> None:
    made = block("address", HERE)
    path = document_page(RULES, made["_id"])

    assert "Within two seconds nobody is kept out by it any more." in console.ask(path, "remove").text
    assert len(stored()) == 1
    console.confirm(path, "remove", reason="it was a customer")

    (entry,) = audit("access.removed")
    assert (entry["actor"], entry["private"]["reason"]) == (operator.id, "it was a customer")
    assert stored() == []


def test_whoever_only_looks_is_not_offered_to_remove() -> None:
    made = block("address", HERE)
    auditor = Console(new_staff(Role.AUDITOR))

    assert "Remove rule" not in auditor.get(document_page(RULES, made["_id"])).text
    assert auditor.confirm(RULES, "remove", made["_id"]).status == 403
    assert len(stored()) == 1
