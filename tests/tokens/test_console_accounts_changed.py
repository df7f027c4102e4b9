"""What finance staff do in the console: freeze, issue, confirm, reverse; each with a reason, each once."""

import re

import pytest
from django.conf import settings

from family_site.identity.roles import Role
from ops import clock
from ops.console import references
from tests.console import LIST, Console, Page
from tests.database import audit, documents
from tests.factories import Person, new_issuance, new_person, new_staff
from tests.tokens import ledger_checker
from tests.tokens.funds import account_of
from tests.tokens.told import MONEY
from tokens.actions.paying import Payment, send
from tokens.rules import Kind

ALONE = settings.ISSUE_ALONE_UP_TO
WHY = "as asked by phone"


@pytest.fixture
def fin() -> Person:
    return new_staff(Role.FINANCE, "fin")


@pytest.fixture
def finance(fin: Person) -> Console:
    return Console(fin)


@pytest.fixture
def account(person: Person) -> str:
    """Address of the person's account's page."""
    return references.page_of("tokens.sbdaccount", account_of(person)["_id"])


def ask(console: Console, path: str, action: str) -> Page:
    page = console.post(path, {"action": action})
    assert page.status == 200
    return page


def confirm(console: Console, path: str, action: str, **more: str) -> Page:
    """Send the form of the page that asks; returns the page that it leads back to."""
    answer = console.post(path, {"action": action, "confirmed": "1", "reason": WHY, **more})
    return console.get(path) if answer.status == 302 else answer


def issue(console: Console, path: str, amount: object) -> Page:
    (issuance_id,) = re.findall(r'name="issuance_id" value="([^"]+)"', ask(console, path, "issue").html)
    return confirm(console, path, "issue", amount=str(amount), issuance_id=issuance_id)


def waiting(console: Console, path: str) -> str:
    """Ask for more than one may issue alone; returns the address of the issuance's page."""
    issue(console, path, ALONE + 1)
    (found,) = documents("issuances")["issuances"]
    return references.page_of("tokens.issuance", found["_id"])


def test_freezing_says_what_it_does_and_is_undone(finance: Console, person: Person, account: str) -> None:
    assert "Nothing is spent of it until staff opens it" in ask(finance, account, "freeze").text
    page = confirm(finance, account, "freeze")

    assert page.told == f"Freeze {person.username}: done."
    freeze = account_of(person)["freeze"]
    assert (freeze["by_name"], freeze["by_staff"], freeze["reason"]) == ("the support", True, WHY)
    assert ('value="freeze"' in page.html, 'value="unfreeze"' in page.html) == (False, True)
    page = confirm(finance, account, "unfreeze")
    assert page.told == f"Unfreeze {person.username}: done."
    assert account_of(person)["status"] == "active"
    told = [(each["action"], each["private"]["reason"]) for each in audit() if "frozen" in each["action"]]
    assert told == [("account.frozen", WHY), ("account.unfrozen", WHY)]


def test_tokens_are_issued_once_however_often_the_button_is_pressed(
    finance: Console, person: Person, account: str
) -> None:
    asking = ask(finance, account, "issue")
    assert "New tokens are added to the 0 there are. Of more than 10,000 a second" in asking.text
    (issuance_id,) = re.findall(r'name="issuance_id" value="([^"]+)"', asking.html)
    said = {"amount": "40", "issuance_id": issuance_id}

    first = confirm(finance, account, "issue", **said)
    second = confirm(finance, account, "issue", **said)

    assert first.told == f"Issue tokens {person.username}: done. 40 tokens are on the account."
    assert second.told == f"Issue tokens {person.username}: refused. This was asked for already."
    assert account_of(person)["balance"] == 40
    (entry,) = audit("tokens.issued")
    assert entry["private"]["reason"] == WHY
    assert ledger_checker.faults() == []


@pytest.mark.parametrize("amount", ["", "0", "-5", "10000000000000", "1.5", "true"])
def test_what_is_no_amount_is_asked_again(finance: Console, account: str, amount: str) -> None:
    before = documents(*MONEY, "issuances")

    page = issue(finance, account, amount)

    assert "This cannot be taken so. Nothing was changed." in page.text
    assert documents(*MONEY, "issuances") == before


def test_many_wait_for_a_second_person_who_finds_them_on_the_first_page(
    fin: Person, finance: Console, person: Person, account: str
) -> None:
    address = waiting(finance, account)
    assert finance.get(account).told == ""
    own = ask(finance, address, "confirm")
    refused = confirm(finance, address, "confirm")
    second = Console(new_staff(Role.FINANCE, "second"))
    ((_, *row),) = second.get("/admin/").table("Issuances that wait for a second person")

    page = confirm(second, address, "confirm")

    assert "Needed: another member of staff." in own.text
    assert refused.told.startswith(f"Confirm issuance of {ALONE + 1:,}: refused.")
    assert row == [f"{ALONE + 1:,}", person.username, fin.username, WHY]
    assert page.told == f"Confirm issuance of {ALONE + 1:,}: done."
    assert [page.field(name) for name in ("Status", "Asked for by", "Decided by", "Transaction")] == [
        *("issued", "fin", "second"),
        "issuance transaction",
    ]
    assert account_of(person)["balance"] == ALONE + 1
    assert "Issuances that wait" not in second.get("/admin/").text


def test_what_is_withdrawn_is_not_issued(finance: Console, person: Person, account: str) -> None:
    address = waiting(finance, account)

    page = confirm(finance, address, "withdraw")
    again = confirm(Console(new_staff(Role.FINANCE)), address, "confirm")

    assert page.told == f"Withdraw issuance of {ALONE + 1:,}: done."
    assert "Already withdrawn." in again.told
    assert account_of(person)["balance"] == 0


def test_issuances_are_found_by_status_and_account(finance: Console, person: Person, account: str) -> None:
    waiting(finance, account)
    issue(finance, account, 5)
    account_id = account_of(person)["_id"]

    def shown(**query: str) -> list[list[str]]:
        return [row[1:4] for row in finance.get(LIST["issuances"], **query).rows]

    many, few = [f"{ALONE + 1:,}", person.username, "pending"], ["5", person.username, "issued"]
    assert shown(account=account_id) == shown(q=account_id) == [few, many]
    assert shown(status="pending") == [many]
    assert shown(status="issued") == [few]
    assert finance.get(account).links >= {f"{LIST['issuances']}?account={account_id}"}


def test_nobody_issues_to_themselves(finance: Console, fin: Person) -> None:
    own = references.page_of("tokens.sbdaccount", account_of(fin)["_id"])

    page = issue(finance, own, 5)

    assert page.told.startswith("Issue tokens fin: refused. You do not have the right to do this.")
    assert account_of(fin)["balance"] == 0


def test_a_transaction_is_reversed_once_and_says_by_what(finance: Console, person: Person) -> None:
    other = new_person("ben")
    new_issuance(person, 100)
    payment = Payment(Kind.SEND, 30)
    paid = send(other.username, payment, actor=person.actor, now=clock.now()).transaction["_id"]
    address = references.page_of("tokens.sbdtransaction", paid)
    moves = f"{person.username} +30, ben -30"

    asking = ask(finance, address, "reverse")
    page = confirm(finance, address, "reverse")

    assert f"A new transaction moves the tokens back: {moves}. This one stays as it is." in asking.text
    assert page.told == f"Reverse send {paid}: done."
    assert page.field("Reversed by") == "reversal transaction"
    assert 'value="reverse"' not in page.html
    assert (account_of(person)["balance"], account_of(other)["balance"]) == (100, 0)
    again = confirm(finance, address, "reverse")
    assert "It has been reversed already." in again.told
    (entry,) = audit("transaction.reversed")
    assert (entry["target"], entry["private"]["reason"]) == (paid, WHY)
    assert ledger_checker.faults() == []


def test_what_was_spent_since_is_not_taken_back(finance: Console, person: Person) -> None:
    issued = str(new_issuance(person, 100)["transaction"])
    other = new_person("ben")
    send(other.username, Payment(Kind.SEND, 30), actor=person.actor, now=clock.now())
    before = documents(*MONEY)

    page = confirm(finance, references.page_of("tokens.sbdtransaction", issued), "reverse")

    assert "refused. There are not enough tokens on the account." in page.told
    assert documents(*MONEY) == before


def test_transactions_are_found_by_id_actor_kind_and_time(finance: Console, person: Person) -> None:
    issued = str(new_issuance(person, 100)["transaction"])
    send(new_person("ben").username, Payment(Kind.SEND, 30), actor=person.actor, now=clock.now())
    sent = ["send", "30", f"{person.username} → ben", person.username, "False"]
    made = ["issuance", "100", f"system_issuance → {person.username}", "system:tests", "False"]

    def shown(**query: str) -> list[list[str]]:
        return [row[1:] for row in finance.get(LIST["transactions"], **query).rows]

    assert shown() == shown(at="today") == [sent, made]
    assert shown(q=issued) == shown(kind="issuance") == shown(q="system:tests") == [made]
    assert shown(actor=person.id) == [sent]
    assert finance.get("/admin/find/", q=issued).goes_to == references.page_of(
        "tokens.sbdtransaction", issued
    )


def test_an_auditor_sees_and_changes_nothing(person: Person, account: str) -> None:
    issued = str(new_issuance(person)["transaction"])
    auditor, before = Console(new_staff(Role.AUDITOR)), documents(*MONEY, "issuances")
    transaction = references.page_of("tokens.sbdtransaction", issued)

    for path, action in ((account, "freeze"), (account, "issue"), (transaction, "reverse")):
        assert auditor.get(path).status == 200
        assert "console-actions" not in auditor.get(path).html
        assert auditor.post(path, {"action": action, "confirmed": "1", "reason": WHY}).status == 403
    assert documents(*MONEY, "issuances") == before
