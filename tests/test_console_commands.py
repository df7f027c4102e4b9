"""How many commands a page of the console sends does not depend on how many documents it shows."""

from collections import Counter

import pytest

from families.bulk import writing
from families.bulk.plan import Plan
from ops import clock
from ops.mongo.collections import collection
from tests import commands
from tests.console import LIST, Console, document_page
from tests.factories import new_person

# Of one there are so few, among them a document of each kind; of the other a whole page.
FEW, MANY = 10, 60
WITH_ALL_KINDS = 20
SMALL, LARGE = 2, 5
# Two families, of so many, that have the same kinds of documents: requests, invitations, and so on.
OF_SMALL, OF_LARGE = 200, 201


@pytest.fixture
def console() -> Console:
    made = Console(new_person("operator", is_staff=True))
    made.get("/admin/")  # what is read once only, whatever the page
    return made


def seeded(families: int, *, members: int = 3, entries: int = 3, seed: int = 1) -> Plan:
    plan = Plan(families, members, most_members=5, entries=entries, seed=seed, now=clock.now())
    writing.write_all(plan, processes=1, tell=lambda _: None)
    return plan


def sent(console: Console, address: str) -> Counter[str]:
    """Return the commands of a page."""
    with commands.recorded() as heard:
        assert console.get(address).status == 200, address
    return Counter(commands.steps(heard))


def test_a_list_of_many_asks_as_often_as_one_of_few(console: Console) -> None:
    addresses = ["/admin/", "/admin/find/?q=a", *LIST.values()]
    seeded(FEW, seed=WITH_ALL_KINDS)
    few = {each: sent(console, each) for each in addresses}

    seeded(MANY, seed=2)

    assert {each: sent(console, each) for each in addresses} == few


@pytest.mark.parametrize(("which", "prefix"), [("users", "user"), ("families", "fam"), ("accounts", "acc")])
def test_a_page_about_much_asks_as_often_as_one_about_little(
    console: Console, which: str, prefix: str
) -> None:
    small = seeded(1, members=SMALL, seed=OF_SMALL)
    large = seeded(1, members=LARGE, entries=40, seed=OF_LARGE)
    pages = [document_page(LIST[which], each.id_of(prefix, 0)) for each in (small, large)]
    assert len(collection("sbd_entries").find({"account": large.id_of("acc", 0)}, limit=100)) == 40

    console.get(pages[0])  # what is read once only, whatever the document
    little, much = (sent(console, each) for each in pages)

    assert much == little
