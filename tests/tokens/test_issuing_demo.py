"""The demo has tokens: each person and each family, by issuances that are made once."""

from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.database import documents
from tests.tokens import ledger_checker


def balances() -> dict[str, int]:
    return {each["username"]: each["balance"] for each in documents("sbd_accounts")["sbd_accounts"]}


def test_the_demo_has_its_tokens_once(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    call_command("seed_demo", stdout=StringIO())
    once = documents("sbd_accounts", "sbd_transactions", "issuances", "audit_log")

    call_command("seed_demo", stdout=StringIO())

    assert documents("sbd_accounts", "sbd_transactions", "issuances", "audit_log") == once
    people = dict.fromkeys(("ada", "ben", "cleo", "dara", "eli", "test"), 500)
    assert balances() == {**people, "operator": 0, "family_the_larks": 900, "family_harbour_house": 900}
    assert ledger_checker.faults() == []
