"""`manage.py operator_token` and `operator_setup`. Source: HTTP contract, section 14; design, section 8."""

import base64
import json
import netrc
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from family_site.identity.roles import Role
from tests.api import Api
from tests.database import audit, documents
from tests.factories import Person, Token, new_person, new_staff

ME, CLEAN_UP = "/auth/me", "/admin/cleanup-expired-invitations"
STORED = ("users", "api_tokens", "audit_log", "email_outbox", "notifications")
OWN_NETRC = "machine example.com login me password mine\n"
OWN_CURLRC = "silent\n"


@pytest.fixture
def staff() -> Person:
    return new_person("olga", is_staff=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with lines of its person's own."""
    (tmp_path / ".netrc").write_text(OWN_NETRC)
    (tmp_path / ".netrc").chmod(0o644)
    (tmp_path / ".curlrc").write_text(OWN_CURLRC)
    (tmp_path / ".curlrc").chmod(0o640)
    return tmp_path


def token(*words: str) -> tuple[str, str]:
    """Return what the command prints, on both outputs."""
    out, err = StringIO(), StringIO()
    call_command("operator_token", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def setup(home: Path, *words: str) -> str:
    out = StringIO()
    call_command("operator_setup", "--home", str(home), *words, stdout=out)
    return out.getvalue()


def laid(home: Path) -> tuple[str, str]:
    """Return the name and the token that curl finds for this machine."""
    found = netrc.netrc(home / ".netrc")
    name, _, secret = found.authenticators("localhost") or ("", "", "")
    assert found.authenticators("127.0.0.1") == (name, "", secret)
    return name, secret


def as_curl(home: Path) -> Api:
    return Api(authorization="Basic " + base64.b64encode(":".join(laid(home)).encode()).decode())


def contents(home: Path) -> dict[str, tuple[str, int]]:
    return {each.name: (each.read_text(), stat.S_IMODE(each.stat().st_mode)) for each in home.iterdir()}


def stored_token() -> dict[str, Any]:
    (found,) = documents("api_tokens")["api_tokens"]
    return dict(found)


# operator_token -----------------------------------------------------------------------------------


def test_the_token_stands_alone_and_what_it_is_beside_it(staff: Person) -> None:
    out, err = token("--for", "10m")

    assert out == out.strip() + "\n"
    assert Api(Token("", out.strip())).get(ME).json["user_id"] == staff.id
    assert stored_token()["_id"] in err
    assert "of olga, for read, from this machine" in err
    assert out.strip() not in err


def test_it_reads_for_ten_minutes_from_this_machine_only(staff: Person) -> None:
    out, _ = token()

    found = stored_token()
    assert (found["user_id"], found["scopes"]) == (staff.id, ["read"])
    assert found["ip_restrictions"] == ["127.0.0.0/8", "::1/128"]
    span = found["expires_at"].replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(minutes=5) < span <= timedelta(minutes=10)
    elsewhere = Api(Token("", out.strip()), address="192.0.2.7").get(ME)
    assert elsewhere.json["details"] == {"reason": "address"}
    assert Api(Token("", out.strip())).post(CLEAN_UP).problem == (403, "INSUFFICIENT_SCOPE")


def test_scopes_and_json_as_asked_for(staff: Person) -> None:
    out, err = token("--scope", "admin", "--scope", "families", "--user", "olga", "--for", "2d", "--json")

    told = json.loads(out)
    assert told.keys() == {"token", "token_id", "user", "scopes", "ip_restrictions", "expires_at"}
    assert (told["user"], told["scopes"], err) == ("olga", ["admin", "families"], "")
    assert Api(Token("", told["token"])).post(CLEAN_UP).status == 200
    assert stored_token()["user_id"] == staff.id


def test_the_entry_names_the_shell_and_its_owner_is_warned(staff: Person) -> None:
    out, _ = token()

    (entry,) = audit("permanent_token.created")
    assert entry["actor"].startswith("shell:")
    assert entry["after"]["user_id"] == staff.id
    (notice,) = documents("notifications")["notifications"]
    assert (notice["user_id"], notice["data"]["event"]) == (staff.id, "permanent_token_made")
    assert out.strip() not in repr(documents())


def test_whose_it_is_must_be_said_unless_there_is_one_superuser() -> None:
    new_staff(Role.OPERATOR, "otto")
    with pytest.raises(CommandError, match=r"--user\. Active superusers: nobody\."):
        token()
    new_person("olga", is_staff=True)
    new_person("adam", is_staff=True)
    with pytest.raises(CommandError, match=r"--user\. Active superusers: adam, olga\."):
        token()

    token("--user", "otto", "--scope", "admin")

    assert len(documents("api_tokens")["api_tokens"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--user", "pia"),
        ("--user", "nobody-there"),
        ("--for", "31d"),
        ("--for", "0m"),
        ("--for", "soon"),
        ("--scope", "everything"),
    ],
)
@pytest.mark.usefixtures("staff")
def test_what_is_refused_makes_nothing(words: tuple[str, ...]) -> None:
    new_person("pia")
    before = documents(*STORED)

    with pytest.raises(CommandError):
        token(*words)

    assert documents(*STORED) == before


@pytest.mark.usefixtures("staff")
def test_where_staff_must_have_a_second_factor_one_without_gets_no_token_for_operators() -> None:
    with override_settings(STAFF_SECOND_FACTOR="required"):
        with pytest.raises(CommandError, match="olga has no second factor"):
            token("--scope", "admin")
        assert token()[0].startswith("sbdp_")


# operator_setup -----------------------------------------------------------------------------------


def test_curl_finds_a_token_and_the_persons_own_lines_stay(staff: Person, home: Path) -> None:
    told = setup(home)

    name, secret = laid(home)
    assert name == "olga"
    assert secret not in told
    assert as_curl(home).post(CLEAN_UP).status == 200
    assert netrc.netrc(home / ".netrc").authenticators("example.com") == ("me", "", "mine")
    files = contents(home)
    assert files.keys() == {".netrc", ".curlrc"}
    assert files[".netrc"][0].endswith(OWN_NETRC)
    assert files[".curlrc"][0].endswith(f"\nnetrc-optional\n# <<< families <<<\n{OWN_CURLRC}")
    assert (files[".netrc"][1], files[".curlrc"][1]) == (0o600, 0o640)
    assert [each["actor"] for each in audit("invitations.cleaned_up")] in ([], [staff.id])


def test_twice_replaces_the_token_and_revokes_the_one_before(home: Path, staff: Person) -> None:
    setup(home)
    before, old = contents(home), as_curl(home)

    setup(home, "--user", staff.username, "--for", "8h")

    after = contents(home)
    assert old.post(CLEAN_UP).problem == (401, "INVALID_TOKEN")
    assert as_curl(home).post(CLEAN_UP).status == 200
    assert after[".curlrc"] == before[".curlrc"]
    assert len(after[".netrc"][0]) == len(before[".netrc"][0])
    assert [each["actor"][:6] for each in audit("permanent_token.revoked")] == ["shell:"]


@pytest.mark.usefixtures("staff")
def test_remove_takes_out_the_lines_and_revokes_the_token(home: Path) -> None:
    setup(home)
    old = as_curl(home)

    setup(home, "--remove")

    files = contents(home)
    assert (files[".netrc"][0], files[".curlrc"][0]) == (OWN_NETRC, OWN_CURLRC)
    assert old.post(CLEAN_UP).problem == (401, "INVALID_TOKEN")
    assert "nothing to remove" in setup(home, "--remove")


@pytest.mark.usefixtures("staff")
def test_where_there_was_no_file_none_is_left(tmp_path: Path) -> None:
    setup(tmp_path)
    assert contents(tmp_path).keys() == {".netrc", ".curlrc"}

    setup(tmp_path, "--remove")

    assert contents(tmp_path) == {}


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    "written",
    [
        "machine localhost login me password mine\n",
        "machine\n  127.0.0.1 login me password mine\n",
        "# >>> families: written by operator_setup, and replaced by it >>>\nmachine localhost\n",
    ],
)
def test_what_somebody_wrote_by_hand_is_never_touched(home: Path, written: str) -> None:
    (home / ".netrc").write_text(written)
    files, before = contents(home), documents(*STORED)

    with pytest.raises(CommandError, match="Nothing was changed"):
        setup(home)

    assert contents(home) == files
    assert documents(*STORED) == before


@pytest.mark.usefixtures("staff")
def test_a_link_is_not_followed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("dotfiles") / "netrc"
    elsewhere.write_text(OWN_NETRC)
    (home / ".netrc").unlink()
    (home / ".netrc").symlink_to(elsewhere)

    with pytest.raises(CommandError, match="is a link"):
        setup(home)

    assert elsewhere.read_text() == OWN_NETRC
    assert documents("api_tokens") == {"api_tokens": []}


@pytest.mark.usefixtures("staff")
def test_where_a_file_cannot_be_read_nothing_is_changed(home: Path) -> None:
    setup(home)
    laid_before, before = (home / ".netrc").read_text(), documents(*STORED)
    (home / ".curlrc").unlink()
    (home / ".curlrc").mkdir()

    with pytest.raises(CommandError, match="Nothing was changed"):
        setup(home)

    assert (home / ".netrc").read_text() == laid_before
    assert documents(*STORED) == before
