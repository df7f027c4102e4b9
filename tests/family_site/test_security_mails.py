"""Warnings of what was done to an account. Source: HTTP contract, sections 11, 12 and 18 (rules 12, 18)."""

from datetime import timedelta
from functools import partial

import pytest

from family_site.identity.actions.passwords import set_password
from family_site.identity.rules import SecurityEvent
from family_site.identity.warned import WARNINGS
from ops import clock, notices
from ops.actors import Actor
from ops.mongo.collections import collection
from ops.outbox import templates
from ops.outbox.rendering import rendered
from tests.api import Answer, Api
from tests.database import audit, documents
from tests.factories import PASSWORD, Person
from tests.mails import Mail, mailed_token, mails
from tests.races import at_once

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = LINUX.replace("140.0", "141.0")
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1"
LINKS = ("confirm_email", "confirm_new_email", "reset_password")


def log_in(
    person: Person, address: str = "192.0.2.7", agent: str = LINUX, password: str = PASSWORD
) -> Answer:
    body = {"username": person.username, "password": password}
    return Api(address=address, user_agent=agent).post("/auth/login", body)


def warnings() -> list[Mail]:
    return mails("security")


def told() -> list[tuple[str, str]]:
    """Return whom the notices tell, and of which event, in order."""
    found = sorted(documents("notifications")["notifications"], key=lambda each: each["created_at"])
    assert all(each["type"] == "security" and each["family_id"] is None for each in found)
    return [(each["user_id"], each["data"]["event"]) for each in found]


def the_one() -> Mail:
    (mail,) = warnings()
    return mail


def test_the_first_device_is_no_news_and_the_second_is(person: Person) -> None:
    assert log_in(person).status == 200
    assert (told(), warnings()) == ([], [])

    assert log_in(person, "198.51.100.9", IPHONE).status == 200

    mail = the_one()
    assert (mail.to, mail.subject) == (person.email, "A sign-in to your account from a new device")
    assert told() == [(person.id, "new_device")]
    for part in (mail.text, mail.html):
        assert "Device: Safari on iPhone" in part
        assert "Network address: 198.51.100.9" in part
        assert person.username in part
        assert "nothing to do" in part
        assert "Change your password" in part


@pytest.mark.parametrize(
    ("address", "agent", "new"),
    [
        ("192.0.2.7", LINUX, 0),
        ("192.0.2.200", LATER, 0),  # the same network, an update of the browser
        ("192.0.3.7", LINUX, 1),
        ("192.0.2.7", IPHONE, 1),
        ("2001:db8::1", LINUX, 1),
    ],
)
def test_what_is_new_is_a_kind_of_device_or_its_network(
    person: Person, address: str, agent: str, new: int
) -> None:
    log_in(person)

    log_in(person, address, agent)

    assert len(warnings()) == new


def test_a_device_is_new_once_also_when_it_signs_in_twice_at_once(person: Person) -> None:
    log_in(person)

    answers = at_once([partial(log_in, person, "198.51.100.9", IPHONE)] * 4)

    assert {each.status for each in answers} == {200}
    assert told() == [(person.id, "new_device")]
    assert len(warnings()) == 1


def test_of_devices_no_more_is_kept_than_is_needed(person: Person) -> None:
    for number in range(25):
        log_in(person, f"198.51.{number}.1")

    (user,) = documents("users")["users"]
    assert len(user["devices"]) == 20
    assert "198.51" not in repr(user)
    log_in(person, "198.51.24.9")
    log_in(person, "198.51.0.9")  # long ago, so forgotten
    assert len(told()) == 24 + 1


def test_who_registers_is_not_warned_of_that() -> None:
    body = {"username": "robin", "email": "robin@example.com", "password": PASSWORD}
    Api(address="192.0.2.7").post("/auth/register", body)
    Api(address="192.0.2.8").post("/auth/login", {"username": "robin", "password": PASSWORD})

    assert told() == []


def test_a_changed_password_is_told(person: Person) -> None:
    signed_in = log_in(person)
    client = Api(authorization=f"Bearer {signed_in.json['access_token']}")
    client.put("/auth/change-password", {"current_password": PASSWORD, "new_password": "Other-Long-8?"})

    mail = the_one()
    assert (mail.to, mail.subject) == (person.email, "Your password was changed")
    assert "Device: Firefox on Linux" in mail.text
    assert told() == [(person.id, "password_changed")]


def test_a_password_that_staff_set_is_told(person: Person) -> None:
    set_password(person.id, "Other-Long-8?", actor=Actor.system("tests"), now=clock.now())

    assert the_one().subject == "Your password was changed"
    assert "Device" not in the_one().text


def test_a_reset_is_told(person: Person) -> None:
    Api().post("/auth/forgot-password", {"email": person.email})
    body = {"token": mailed_token("reset_password"), "new_password": "Other-Long-8?"}
    assert told() == []

    Api().post("/auth/reset-password", body)

    assert (the_one().to, the_one().subject) == (person.email, "Your password was reset")
    assert told() == [(person.id, "password_reset")]


def test_the_reuse_of_a_refresh_token_is_told_once(person: Person) -> None:
    used = {"refresh_token": log_in(person).json["refresh_token"]}
    assert Api().post("/auth/refresh", used).status == 200
    collection("sessions").update_all({"previous": {"$ne": None}}, {"$inc": {"previous.rotated_at": -60}})

    answers = at_once([partial(Api().post, "/auth/refresh", used)] * 3)

    assert {each.problem for each in answers} == {(401, "INVALID_TOKEN")}
    assert the_one().subject == "A session of yours was ended"
    assert told() == [(person.id, "token_reused")]


def test_a_refused_change_tells_nobody(person: Person) -> None:
    wrong = {"current_password": "Quite-Wrong-7!", "new_password": "Other-Long-8?"}
    Api(person).put("/auth/change-password", wrong)
    Api(person).put("/auth/email", {"email": "moved@example.com", "password": "Quite-Wrong-7!"})
    Api().post("/auth/reset-password", {"token": "x" * 43, "new_password": "Other-Long-8?"})

    assert (told(), mails()) == ([], [])


def test_every_event_has_words_and_says_what_to_do() -> None:
    assert set(WARNINGS) == set(SecurityEvent)
    for event, words in WARNINGS.items():
        assert words.if_not
        data = {"event": str(event), "happened": words.happened}
        assert notices.words("security", data) == ("Your account", words.happened)


@pytest.mark.parametrize("name", [*LINKS, "security"])
def test_the_preview_of_a_mail_holds_no_link_that_opens(name: str) -> None:
    template = templates.named(name)

    shown = rendered(template, template.sample)

    assert "ines" in shown.text
    assert ("x" * 43 in shown.text) == (name in LINKS)
    assert "{" not in shown.subject + shown.text


def secrets_of_all_flows() -> list[str]:
    """Go through every flow, and once leave each link unused; returns every token and password."""
    robin = {"username": "robin", "email": "robin@example.com", "password": PASSWORD}
    client = Api(authorization=f"Bearer {Api().post('/auth/register', robin).json['access_token']}")
    found = []

    def ask(template: str) -> str:
        if template == "confirm_email":
            Api().post("/auth/resend-verification", {"email": "robin@example.com"})
        elif template == "reset_password":
            Api().post("/auth/forgot-password", {"email": "robin@example.com"})
        else:
            client.put("/auth/email", {"email": "moved@example.com", "password": PASSWORD})
        found.append(mails(template)[-1].token)
        return found[-1]

    for template in LINKS:
        ask(template)
    Api().post("/auth/verify-email", {"token": ask("confirm_email")})
    Api().get(f"/auth/verify-email?token={ask('confirm_new_email')}")
    Api().post("/auth/reset-password", {"token": ask("reset_password"), "new_password": "Other-Long-8?"})
    Api().post("/auth/reset-password", {"token": found[-1], "new_password": "Third-Long-9!"})
    ask("reset_password")
    return [*found, PASSWORD, "Other-Long-8?", "Third-Long-9!"]


def test_no_token_and_no_password_stands_in_the_database_or_in_the_log(
    request: pytest.FixtureRequest,
) -> None:
    # The log holds on to the stream it was given at the start, which is pytest's own for all tests.
    output = request.config.pluginmanager.getplugin("capturemanager")
    assert output is not None
    output.read_global_capture()

    secrets = secrets_of_all_flows()

    logged = "".join(output.read_global_capture())
    assert '"route":"/auth/reset-password"' in logged
    assert [each["action"] for each in audit()][-1] == "password.reset_requested"
    stored = repr(documents())
    assert [each for each in secrets if each in stored or each in logged] == []


def test_what_the_mail_says_is_of_the_time_of_the_event(person: Person) -> None:
    at = clock.now() - timedelta(hours=5)
    set_password(person.id, "Other-Long-8?", actor=Actor.system("tests"), now=at)

    assert f"When: {at:%Y-%m-%d %H:%M} UTC" in the_one().text
