"""An account's page in the console: its balance over time, its statement, and why somebody may not spend."""

import re
from datetime import timedelta

import pytest

from family_site.identity.roles import Role
from ops import clock
from ops.console import references
from ops.mongo.collections import collection
from tests import commands
from tests.console import LIST, Console, Page
from tests.database import documents
from tests.factories import Person, new_family, new_member, new_person, new_staff
from tests.tokens.funds import account_of, issue
from tokens import queries
from tokens.actions.paying import Payment, send
from tokens.admin import pictures
from tokens.models.system import ISSUANCE_ID
from tokens.rules import Kind

ENTRIES = "/admin/tokens/sbdentry/"


@pytest.fixture
def finance() -> Console:
    return Console(new_staff(Role.FINANCE, "fin"))


@pytest.fixture
def ada() -> Person:
    """Ada, who got 100 and sent 30 to Ben."""
    made, ben = new_person("ada"), new_person("ben")
    issue(account_of(made)["_id"], 100)
    paid(made, ben, 30, note="=SUM(1+1)")
    return made


def paid(payer: Person, to: Person, amount: int, *, note: str | None = None) -> None:
    send(to.username, Payment(Kind.SEND, amount, note), actor=payer.actor, now=clock.now())


def page_of(account_id: str) -> str:
    return references.page_of("tokens.sbdaccount", account_id)


def opened(console: Console, account_id: str, **query: str) -> Page:
    page = console.get(page_of(account_id), **query)
    assert page.status == 200
    return page


def file_of(console: Console, account_id: str, **query: str) -> Page:
    return console.get(f"{LIST['accounts']}{account_id}/statement.csv", **query)


def test_the_balance_is_drawn_over_time_and_told_in_words(finance: Console, ada: Person) -> None:
    page = opened(finance, account_of(ada)["_id"])

    drawn = page.html.partition("<svg role")[2].partition("</svg>")[0]
    assert '="img" aria-labelledby="balance-title balance-words"' in drawn
    assert '<title id="balance-title">Balance over time</title>' in drawn
    words = "From 0 to 70 tokens, at most 100; drawn from all 2 entries."
    assert f'<desc id="balance-words">{words}</desc>' in drawn
    line = re.findall(r'class="line" d="([^"]+)"', drawn)
    assert [re.findall(r"V([0-9.]+)", each) for each in line] == [["120.0", "0.0", "36.0"]]
    # Nothing that the policy would have to allow, or that a script would have to draw.
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_of_many_entries_few_are_read_and_the_last_is_among_them(
    finance: Console, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_POINTS", 3)
    for _ in range(6):
        issue(account_of(ada)["_id"], 5)

    page = opened(finance, account_of(ada)["_id"])

    assert "From 0 to 100 tokens, at most 100; drawn from 3 of 8 entries." in page.text


def test_the_statement_has_a_running_balance_newest_first(finance: Console, ada: Person) -> None:
    page = opened(finance, account_of(ada)["_id"])

    assert [row[1:] for row in page.table("Statement")] == [
        ["send", "-30", "70", "ben", "ada", "=SUM(1+1)"],
        ["issuance", "+100", "100", "system_issuance", "tests", "-"],
    ]
    assert f"{ENTRIES}?account={account_of(ada)['_id']}" in page.links


def test_an_account_without_entries_and_the_systems_own_have_no_picture(
    finance: Console, person: Person, ada: Person
) -> None:
    empty, systems = opened(finance, account_of(person)["_id"]), opened(finance, ISSUANCE_ID)

    assert "balance-title" not in empty.html
    assert "No entry yet." in empty.text
    assert "balance-title" not in systems.html
    assert [row[1:5] for row in systems.table("Statement")] == [["issuance", "-100", "-", "ada"]]
    assert 'value="freeze"' not in systems.html
    assert ada


def test_a_statement_is_downloaded_part_by_part_and_no_cell_is_a_formula(
    finance: Console, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "READ_AT_ONCE", 2)
    for amount in (1, 2, 3):
        issue(account_of(ada)["_id"], amount)

    with commands.recorded() as sent:
        answer = file_of(finance, account_of(ada)["_id"])

    head, *rows = answer.html.splitlines()
    assert answer.raw.streaming
    assert answer.raw.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.raw.headers["Content-Disposition"] == 'attachment; filename="ada.csv"'
    assert head == (
        "seq,timestamp,type,direction,amount,balance_after,other_account,actor,note,transaction_id"
    )
    cells = [row.split(",") for row in rows]
    assert [each[0] for each in cells] == ["5", "4", "3", "2", "1"]
    assert cells[3][2:9] == ["send", "debit", "30", "70", "ben", "ada", "'=SUM(1+1)"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", each[1]) for each in cells)
    assert commands.steps(sent).count("aggregate sbd_entries") == 3


@pytest.mark.parametrize(
    ("query", "found", "name"),
    [
        ({"period": "last-month"}, ["1"], "ada-last-month.csv"),
        ({"period": "this-month"}, ["2"], "ada-this-month.csv"),
        ({"period": "all", "period_from": "2000-01-01"}, ["2", "1"], "ada.csv"),
        (
            {"period_from": "2000-01-01", "period_to": ""},
            ["2", "1"],
            "ada-2000-01-01...csv",
        ),
        ({"period_from": "2000-01-01", "period_to": "2000-01-31"}, [], "ada-2000-01-01..2000-01-31.csv"),
    ],
)
def test_a_statement_is_of_a_period(
    finance: Console, ada: Person, query: dict[str, str], found: list[str], name: str
) -> None:
    account_id = account_of(ada)["_id"]
    last_month = clock.now().replace(day=1) - timedelta(days=1)
    collection("sbd_entries").update({"account": account_id, "seq": 1}, {"$set": {"at": last_month}})

    answer = file_of(finance, account_id, **query)

    assert [row.split(",")[0] for row in answer.html.splitlines()[1:]] == found
    assert answer.raw.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert 'value="last-month">Last month<' in opened(finance, account_id).html


@pytest.mark.parametrize("query", [{"period": "soon"}, {"period_from": "2026-02-30"}])
def test_there_is_no_statement_of_what_is_no_period(
    finance: Console, ada: Person, query: dict[str, str]
) -> None:
    assert file_of(finance, account_of(ada)["_id"], **query).status == 400


def test_a_statement_is_for_those_who_see_accounts(finance: Console, ada: Person) -> None:
    account_id = account_of(ada)["_id"]

    assert file_of(Console(new_staff(Role.SUPPORT)), account_id).status == 403
    assert file_of(Console(), account_id).goes_to.startswith("/admin/login/")
    assert file_of(finance, "acc_nowhere").status == 404
    assert finance.post(f"{LIST['accounts']}{account_id}/statement.csv").status == 405


def test_the_entries_of_an_account_are_narrowed_by_kind_and_time(finance: Console, ada: Person) -> None:
    account_id = account_of(ada)["_id"]

    def shown(**query: str) -> list[list[str]]:
        return [row[1:4] for row in finance.get(ENTRIES, account=account_id, **query).rows]

    both = [["send", "-30", "70"], ["issuance", "+100", "100"]]
    assert shown() == shown(at="today") == both
    assert shown(kind="send", at="week") == both[:1]
    assert shown(at="2020-01-01") == []
    without = finance.get(ENTRIES)
    assert (without.rows, "Choose an account" in without.text) == ([], True)
    assert ENTRIES not in finance.get("/admin/").links


def test_an_entry_leads_to_its_transaction(finance: Console, ada: Person) -> None:
    (address,) = [
        each
        for each in finance.get(ENTRIES, account=account_of(ada)["_id"], kind="send").links
        if each.startswith(ENTRIES) and "/change/" in each
    ]

    page = finance.get(address)

    assert [page.field(name) for name in ("Account", "Amount", "Balance after", "By", "Transaction")] == [
        *("ada", "-30", "70", "ada"),
        "send transaction",
    ]


def test_why_somebody_may_not_spend_is_answered_on_the_page(finance: Console, ada: Person) -> None:
    family = new_family(ada, "Larks")
    member = new_member(family["_id"], ada, new_person("cleo"))
    issue(family["account_id"], 60)
    before = documents()

    page = opened(finance, family["account_id"], user="cleo", amount="1000")

    assert "No: they are a viewer of the account, and may not spend." in page.text
    assert page.table("cleo and 1,000 tokens of family_larks") == [
        ["state", "yes", "The account is active."],
        ["permission", "no", "They are a viewer of the account, and may not spend."],
        ["limit", "no", "They may spend at most 0 at once; this is 1,000."],
        ["balance", "no", "There are 60 tokens on the account; this is 1,000."],
    ]
    assert (
        "Yes, they may spend it now." in opened(finance, family["account_id"], user=ada.id, amount="60").text
    )
    assert "may spend" not in opened(finance, family["account_id"]).text.partition("Why not?")[2][:200]
    assert documents() == before
    assert member


@pytest.mark.parametrize(
    ("user", "amount", "tells"),
    [
        ("nobody", "5", "There is no such user."),
        ("ada", "0", "greater than or equal to 1"),
        ("ada", "10000000000000", "less than or equal to 1000000000000"),
        ("ada", "many", "Enter a whole number."),
        ("", "5", "This field is required."),
        ("ada", "", "This field is required."),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_field(
    finance: Console, ada: Person, user: str, amount: str, tells: str
) -> None:
    page = opened(finance, account_of(ada)["_id"], user=user, amount=amount)

    assert tells in page.text
    assert 'class="verdict"' not in page.html
