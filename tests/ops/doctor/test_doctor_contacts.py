"""doctor:contacts: who of the matrix cannot be told; never how they are reached."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import override_settings

from family_site.settings.incidents import MATRIX, Webhook
from ops.doctor.check import Finding, Result
from ops.doctor.checks import contacts
from ops.doctor.whereabouts import Whereabouts
from tests.ops.incidents.told import EVERYBODY, NOBODY

CHANNEL = Webhook("https://pager.families.test/secret-path", "0123456789-abcdefghij-klmnopqrst")


@pytest.fixture(autouse=True)
def _everybody() -> Iterator[None]:
    with override_settings(CONTACTS=EVERYBODY, ESCALATION_MATRIX=MATRIX, ESCALATION_WEBHOOK=CHANNEL):
        yield


def found(where: Whereabouts) -> Finding:
    finding = contacts.look(replace(where, mode="production"))
    told = f"{finding.evidence} {finding.cause} {finding.remedy}"
    assert "@" not in told
    assert "+49" not in told
    assert "secret-path" not in told
    return finding


def test_everybody_can_be_told(where: Whereabouts) -> None:
    assert found(where).result == Result.OK


def test_who_is_missing_is_named(where: Whereabouts) -> None:
    with override_settings(CONTACTS=EVERYBODY | {"ciso": "", "legal": ""}):
        finding = found(where)

    assert finding.result == Result.DEGRADED
    assert finding.evidence == ("not set: CONTACT_CISO, CONTACT_LEGAL",)


@pytest.mark.parametrize("value", ["security@yourdomain.com", "+1-XXX-XXX-XXXX", "cto@example.com"])
def test_what_the_printed_runbook_has_reaches_nobody(where: Whereabouts, value: str) -> None:
    with override_settings(CONTACTS=EVERYBODY | {"cto": value}):
        finding = found(where)

    assert finding.evidence == ("still a placeholder: CONTACT_CTO",)


def test_without_a_second_channel_a_telephone_alone_reaches_nobody(where: Whereabouts) -> None:
    with override_settings(CONTACTS=EVERYBODY | {"ceo": "+49 30 7"}, ESCALATION_WEBHOOK=None):
        finding = found(where)

    assert finding.evidence == (
        "ESCALATION_WEBHOOK_URL is not set: mail is the only channel, and may be the incident",
        "a telephone number only, and no second channel: CONTACT_CEO",
    )


def test_a_matrix_of_ones_own_needs_only_whom_it_names(where: Whereabouts) -> None:
    own = dict.fromkeys(MATRIX, ("cto",))
    set_ = {name: value for name, value in EVERYBODY.items() if name in {"cto", "legal", "external_security"}}
    with override_settings(ESCALATION_MATRIX=own, CONTACTS=NOBODY | set_):
        assert found(where).result == Result.OK


def test_in_the_demo_nobody_is_called(where: Whereabouts) -> None:
    with override_settings(CONTACTS=NOBODY, ESCALATION_WEBHOOK=None):
        assert contacts.look(where).result == Result.OK


def test_broken_settings_say_nothing_of_contacts(where: Whereabouts) -> None:
    assert contacts.look(replace(where, faults=("CONTACT_CTO …",))).result == Result.COULD_NOT_LOOK
