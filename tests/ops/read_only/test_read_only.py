"""Read-only: what is refused, what goes on, and that nothing is written. Inventory, C17."""

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from families import tasks as family_jobs
from families.invitations import tasks as invitation_jobs
from family_site.identity.roles import Role
from ops import clock, switches
from ops.actors import Actor
from ops.doctor.check import Result
from ops.doctor.checks import maintenance
from ops.doctor.fixes import registry
from ops.doctor.fixes.fix import CannotMendError
from ops.doctor.whereabouts import from_settings
from ops.jobs import heartbeats
from ops.mongo.collections import control_collection
from ops.read_only import mode, switching
from ops.read_only.errors import ReadOnlyError
from tests.api import Api
from tests.console import Console
from tests.database import audit, documents
from tests.factories import PASSWORD, Person, new_family, new_staff
from tests.visitor import Visitor
from tests.waiting import until
from tokens import tasks as token_jobs

WHY = "Somebody is in"
REFUSED = (503, "SERVICE_UNAVAILABLE")


@pytest.fixture(autouse=True)
def _over() -> Iterator[None]:
    yield
    control_collection(switches.NAME).delete({"_id": mode.SWITCH})
    switches.forget()
    assert until(lambda: mode.standing() is None)


def close() -> None:
    switching.switch_on(reason=WHY, actor=Actor.shell(), now=clock.now())
    assert until(lambda: mode.standing() is not None)


def said(*words: str) -> str:
    out = StringIO()
    call_command("read_only", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/family/create"),
        ("post", "/sbd_tokens/send"),
        ("put", "/family/notifications/preferences"),
        ("put", "/auth/email"),
        ("post", "/auth/permanent-tokens"),
        ("post", "/auth/2fa/disable"),
    ],
)
def test_a_change_is_refused_and_nothing_is_written(person: Person, method: str, path: str) -> None:
    close()
    before = documents()

    answer = getattr(Api(person), method)(path, {"name": "Larks"})

    assert answer.problem == REFUSED
    assert answer.json["message"] == "Changes are closed for the moment. Reading goes on."
    assert answer.json["retry_after"] == 300
    assert documents() == before


def test_nobody_signs_up(person: Person) -> None:
    close()

    body = {"username": "wren", "email": "wren@example.com", "password": "Other-Long-8?"}
    assert Api().post("/auth/register", body).problem == REFUSED
    page = Client().post("/sign-up", body, headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert b"Changes are closed for the moment." in page.content
    assert [each["_id"] for each in documents("users")["users"]] == [person.id]


def test_who_calls_without_a_sign_in_is_asked_for_one_first() -> None:
    close()

    assert Api().post("/family/create", {"name": "Larks"}).problem == (401, "AUTHENTICATION_REQUIRED")


def test_reading_health_and_signing_in_go_on(person: Person) -> None:
    family = new_family(person)["_id"]
    close()

    api = Api(person)
    statuses = [api.get(path).status for path in (f"/family/{family}", "/sbd_tokens", "/auth/me")]
    signed_in = Api().post("/auth/login", {"username": person.username, "password": PASSWORD})
    refreshed = Api().post("/auth/refresh", {"refresh_token": signed_in.json["refresh_token"]})

    assert statuses == [200, 200, 200]
    assert (signed_in.status, refreshed.status) == (200, 200)
    assert Api().get("/health/ready").status == 200
    assert api.post("/family/validate-spending", {}).problem[0] == 400  # looked at, and not refused for it


def test_people_save_themselves(person: Person) -> None:
    close()
    change = {"current_password": PASSWORD, "new_password": "Other-Long-8?"}

    assert Api(person).put("/auth/change-password", change).status == 200
    assert Api().post("/auth/forgot-password", {"email": person.email}).status == 200
    assert Api(person).send("DELETE", "/auth/sessions").status == 200
    assert Api(person).post("/auth/logout", {}).status == 200


def test_a_browser_signs_in_and_out(person: Person) -> None:
    close()

    visitor = Visitor(person)

    assert visitor.is_signed_in


def test_staff_goes_on() -> None:
    operator = new_staff(Role.OPERATOR)
    close()

    answer = Api(operator).post("/admin/cleanup-expired-invitations", {})

    assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("families.allowances.pay", family_jobs.pay_allowances),
        ("families.recoveries.expire", family_jobs.expire_recoveries),
        ("families.emergencies.expire", family_jobs.expire_emergencies),
        ("families.invitations.expire", invitation_jobs.expire),
        ("families.invitations.prune", invitation_jobs.prune),
        ("tokens.requests.expire", token_jobs.expire_requests),
    ],
)
def test_a_job_that_changes_something_is_put_off_and_is_no_failure(name: str, job: Callable[[], int]) -> None:
    job()
    close()

    with pytest.raises(ReadOnlyError):
        job()

    (beat,) = [each for each in heartbeats.every() if each["_id"] == name]
    assert (beat["error"], "failed_at" in beat) == (None, False)
    assert beat["started_at"] > beat["ok_at"]


def test_other_jobs_go_on() -> None:
    close()

    assert invitation_jobs.remind() == 0
    assert token_jobs.roll_up() == 0


def test_the_command_closes_and_opens_once_each_and_says_so() -> None:
    told = [said(*words) for words in (["on", "--reason", WHY], ["on", "--reason", WHY], ["status"])]
    over = [said("off", "--reason", WHY) for _ in range(2)]

    assert told[:2] == [
        "Changes are closed, everywhere within a second.\n",
        "They were closed already.\n",
    ]
    assert told[2].startswith("Changes are closed since ")
    assert told[2].endswith(f" UTC, by {Actor.shell().id}.\n")
    assert over == ["Changes are open again, everywhere within a second.\n", "They were not closed.\n"]
    assert said("status") == "Changes are open.\n"
    (begun,), (ended,) = audit("read_only.begun"), audit("read_only.ended")
    assert [each["private"]["reason"] for each in (begun, ended)] == [WHY, WHY]


@pytest.mark.parametrize("what", ["on", "off"])
def test_it_needs_a_reason(what: str) -> None:
    with pytest.raises(CommandError, match="--reason"):
        said(what)


def test_doctor_tells_of_it() -> None:
    open_ = maintenance.look(from_settings())
    close()

    finding = maintenance.look(from_settings())

    assert (open_.result, finding.result) == (Result.OK, Result.DEGRADED)
    assert "changes by users are closed since" in finding.evidence[0]
    assert finding.remedy == maintenance.OPEN


def test_the_fix_plans_closes_and_opens() -> None:
    fix, now, shell = registry.find("read_only"), clock.now(), Actor.shell()
    assert fix is not None

    assert len(fix.plan({}, now)) == 1
    assert fix.plan({"off": "yes"}, now) == ()
    assert switching.standing() is None
    with pytest.raises(CannotMendError):
        fix.apply({}, shell, None, now)
    assert fix.apply({}, shell, WHY, now) == ("changes are closed, everywhere within a second",)
    assert (fix.plan({}, now), fix.apply({}, shell, WHY, now)) == ((), ())
    assert len(fix.plan({"off": "yes"}, now)) == 1
    assert fix.apply({"off": "yes"}, shell, WHY, now) == (
        "changes are open again, everywhere within a second",
    )
    assert switching.standing() is None
    assert {each["target"] for each in audit("doctor.mended")} == {"read_only"}


def test_staff_opens_it_again_in_the_console() -> None:
    console = Console(new_staff(Role.OPERATOR))
    close()

    done = console.post("/admin/runbook/fix/read_only/", {"off": "yes", "reason": "It is over"})

    assert "changes are open again" in done.text
    assert switching.standing() is None


def test_who_may_not_respond_closes_nothing() -> None:
    console = Console(new_staff(Role.AUDITOR))

    assert console.post("/admin/runbook/fix/read_only/", {"reason": WHY}).status == 403
    assert switching.standing() is None
