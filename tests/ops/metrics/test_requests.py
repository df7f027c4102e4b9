"""What is counted of requests, and that nothing that comes from outside becomes a series."""

import random
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from ops.metrics import declaring, http
from tests import scale
from tests.api import Api
from tests.factories import PASSWORD, Person, new_family, new_invitation

TRIES = 10_000
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789%/._-~"


def counted(name: str, **labels: str) -> float:
    """Return what was counted so far in this process."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def change(act: Callable[[], object], name: str, **labels: str) -> float:
    """Return by how much a series rises."""
    before = counted(name, **labels)
    act()
    return counted(name, **labels) - before


def series() -> int:
    return sum(1 for metric in REGISTRY.collect() for _ in metric.samples)


def test_a_request_is_counted_by_method_template_and_status(person: Person) -> None:
    route = "/family/<str:family_id>"
    path = f"/family/{new_family(person)['_id']}"
    labels = {"method": "GET", "route": route, "status": "200"}

    assert change(lambda: Api(person).get(path), "http_requests_total", **labels) == 1
    assert change(lambda: Api(person).get(path), "http_request_duration_seconds_count", route=route) == 1


@pytest.mark.parametrize(("path", "status"), [("/sign-in", 200), ("/static/site.css", 404)])
def test_pages_and_streamed_files_are_counted(path: str, status: int) -> None:
    answer = Api().get(path, accept="text/html")
    route = "/sign-in" if path == "/sign-in" else "unmatched"
    labels = {"method": "GET", "route": route, "status": str(answer.status)}

    assert change(lambda: Api().get(path, accept="text/html"), "http_requests_total", **labels) == 1
    assert answer.status == status


@pytest.mark.scaled
def test_random_paths_and_methods_make_no_series() -> None:
    dice = random.Random(7)  # noqa: S311  # paths, and none is secret
    methods = [*http.METHODS, *("".join(dice.choices("ABCDEF", k=5)) for _ in range(20))]
    for method in methods:
        Api().send(method, "/nowhere")
        Api().send(method, "/family/fam_nobody")
    before = series()

    for _ in scale.trials(TRIES):
        below = dice.choice(["/", "/family/", "/auth/"])
        path = below + "x" + "".join(dice.choices(LETTERS, k=dice.randint(1, 40)))
        Api().send(dice.choice(methods), path)

    assert series() == before


def test_an_unknown_value_of_a_label_is_counted_as_other_and_not_remembered() -> None:
    metric = declaring.Counter("tests_of_labels", "Nothing.", kind=("known", declaring.OTHER))
    before = len(metric._children)  # noqa: SLF001  # what must not grow

    for number in range(5):
        metric.inc(f"unknown-{number}")

    assert counted("tests_of_labels_total", kind="known") == 0
    assert counted("tests_of_labels_total", kind="other") == 5
    assert len(metric._children) == before  # noqa: SLF001  # as above


def test_every_answer_in_the_error_shape_is_counted_by_its_code(person: Person) -> None:
    labels = {"code": "FAMILY_NOT_FOUND"}

    assert change(lambda: Api(person).get("/family/fam_nobody"), "api_errors_total", **labels) == 1


def test_operations_of_families_are_counted_by_their_outcome(person: Person, stranger: Person) -> None:
    def outcome(name: str, act: Callable[[], object]) -> tuple[float, float]:
        success = counted("family_operations_total", operation_type=name, status="success")
        error = change(act, "family_operations_total", operation_type=name, status="error")
        return counted("family_operations_total", operation_type=name, status="success") - success, error

    family = new_family(person)["_id"]
    invitation = new_invitation(family, person, stranger.email)["_id"]
    respond = f"/family/invitation/{invitation}/respond"
    decline, accept = {"action": "decline"}, {"action": "accept"}

    assert outcome("create", lambda: Api(person).post("/family/create", {"name": "Owls"})) == (1, 0)
    assert outcome("create", lambda: Api(person).post("/family/create", {"name": 1})) == (0, 1)
    assert outcome("create", lambda: Api().post("/family/create", {"name": "Owls"})) == (0, 1)
    assert outcome("decline", lambda: Api(stranger).post(respond, decline)) == (1, 0)
    assert outcome("accept", lambda: Api(stranger).post(respond, accept)) == (0, 1)
    assert outcome("respond", lambda: Api(stranger).post(respond, {"action": "x"})) == (0, 1)
    # A read is no operation, also at the same path.
    assert outcome("dissolve", lambda: Api(person).get(f"/family/{family}")) == (0, 0)


def test_moves_of_tokens_are_counted_and_their_refusals_by_code(person: Person, stranger: Person) -> None:
    body = {"to_user": stranger.username, "amount": 5}

    def send() -> None:
        assert Api(person).post("/sbd_tokens/send", body).problem == (400, "INSUFFICIENT_BALANCE")

    assert change(send, "token_operations_total", operation_type="send", status="error") == 1
    assert change(send, "token_refusals_total", code="INSUFFICIENT_BALANCE") == 1


def test_signing_in_is_counted_by_its_outcome(person: Person) -> None:
    def sign_in(password: str) -> Callable[[], object]:
        return lambda: Api().post("/auth/login", {"username": person.username, "password": password})

    assert change(sign_in(PASSWORD), "sign_ins_total", outcome="ok") == 1
    assert change(sign_in("not-my-Password-1"), "sign_ins_total", outcome="failed") == 1


def test_tokens_that_are_not_taken_are_counted_by_reason() -> None:
    def call() -> object:
        return Api(authorization="Bearer nothing").get("/auth/me")

    assert change(call, "token_rejections_total", reason="malformed") == 1


def test_sessions_are_counted_by_where_they_were_looked_up(person: Person) -> None:
    def call() -> object:
        return Api(person).get("/auth/me")

    both = change(call, "session_lookups_total", source="mongodb") + change(
        call, "session_lookups_total", source="redis"
    )
    assert both == 2


@pytest.mark.limited
def test_calls_that_are_one_too_many_are_counted_by_operation() -> None:
    def call() -> None:
        while Api().get("/nowhere").status != 429:
            pass

    assert change(call, "rate_limit_refusals_total", operation="unauthenticated") == 1
