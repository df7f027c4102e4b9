"""The settings of mail. Source: design, section 2 (settings)."""

import pytest

from family_site.settings.environment import Environment, SettingsError, load
from ops.outbox.server import DEFAULT_PORTS, MailServer, Security, fault_of_sender, parsed

KEYS = {
    "SECRET_KEY": "ksPq7Vn2xWzR9tLmYb4cJd8fGh3jK5aQ",
    "JWT_SIGNING_KEY": "b7WcXe1rTy5uIo9pAs3dFg6hJk2lZx8v",
    "LINK_SIGNING_KEY": "n4MqWe7rTy1uIo6pLk9jHg3fDs5aZx2c",
    "FIELD_KEY": "f6HsKd2mVq8xTz4bNw1eRy7uPa3gLj9c",
    "AUDIT_KEY": "t5RbWn8yVq3kXz6mJd1eLs4uPc7gHf2a",
}
FROM = "Families <no-reply@families.example.com>"


def faults_of(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    """Return the faults that concern mail."""
    monkeypatch.setitem(Environment.model_config, "env_file", None)
    for name, value in (KEYS | given).items():
        monkeypatch.setenv(name, value)
    try:
        load()
    except SettingsError as error:
        return [fault for fault in error.faults if fault.startswith("MAIL_")]
    return []


@pytest.mark.parametrize("security", Security)
def test_an_address_names_its_security_host_port_and_who_we_are(security: Security) -> None:
    assert parsed(f"{security}://mail.example.com") == MailServer(
        security, "mail.example.com", DEFAULT_PORTS[security]
    )
    whole = parsed(f"{security}://me%40here:p%2Fw%3Ad@mail.example.com:2525")
    assert (whole.port, whole.user, whole.password) == (2525, "me@here", "p/w:d")
    assert f"{whole}{whole!r}".count("p/w") == f"{whole}{whole!r}".count("me@") == 0


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mail.example.com", "it must begin with one of smtp://, smtp+starttls://, smtps://"),
        ("http://mail.example.com", "it must begin with one of smtp://, smtp+starttls://, smtps://"),
        ("smtp://", "it names no host"),
        ("smtp://me@mail.example.com", "user and password stand there together, or neither of them"),
        ("smtp://mail.example.com:none", "its port is none"),
        ("smtp://me:a/b@mail.example.com", "after the port nothing may stand"),
        ("smtp://mail.example.com?tls=1", "after the port nothing may stand"),
    ],
)
def test_what_is_no_address_is_said_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, url: str, fault: str
) -> None:
    (found,) = faults_of(monkeypatch, MAIL_URL=url, MAIL_FROM=FROM)

    assert found.startswith(f"MAIL_URL is not right: {fault}")
    assert "mail.example.com" not in found


def test_with_a_server_a_sender_is_needed_and_must_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_of(monkeypatch, MAIL_URL="smtps://h", MAIL_FROM="") == [
        "MAIL_FROM is missing (needed with MAIL_URL)"
    ]
    assert faults_of(monkeypatch, MAIL_URL="smtps://h", MAIL_FROM="Families") == [
        "MAIL_FROM is no address such as: Families <no-reply@families.example.com>"
    ]
    assert faults_of(monkeypatch, MAIL_URL="smtps://h", MAIL_FROM=FROM) == []
    assert fault_of_sender("a@b.example\r\nBcc: c@d.example") == "holds a control character"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("smtp://me:secret@mail.example.com", False),
        ("smtp://me:secret@localhost", True),
        ("smtp://mail.example.com", True),
        ("smtp+starttls://me:secret@mail.example.com", True),
        ("smtps://me:secret@mail.example.com", True),
    ],
)
def test_production_sends_no_password_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, url: str, *, taken: bool
) -> None:
    faults = faults_of(monkeypatch, SBD_MODE="production", MAIL_URL=url, MAIL_FROM=FROM)

    assert (faults == []) is taken
    assert "secret" not in str(faults)


@pytest.mark.parametrize("name", ["MAIL_PER_MINUTE", "MAIL_CONCURRENCY"])
def test_no_limit_is_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (fault,) = faults_of(monkeypatch, **{name: "0"})

    assert fault.startswith(f"{name} is not right: ")
