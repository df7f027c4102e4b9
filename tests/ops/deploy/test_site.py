"""The shipped site of nginx, before the web processes of the shipped unit."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.conftest import PASSWORD
from tests.ops.deploy.sites import LOOPBACK, NAME, Front, Web

pytestmark = pytest.mark.long

SECRET = "kFq3Zl0pW9sYt7XvB2nM4cRdUeHgJaLoQiEwNbVxT1A"


@pytest.fixture
def client(front: Front) -> Iterator[httpx.Client]:
    with front.client() as client:
        yield client


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal, after a look at its shape (HTTP contract, section 2.1)."""
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert body["status"] == answer.status_code
    assert body["message"] == body["detail"]
    assert body["type"] == f"https://{NAME}/docs/errors#{body['error']}"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert str(body.get("retry_after")) == answer.headers.get("retry-after", "None")
    return answer.status_code, body["error"]


def test_nginx_takes_the_file_without_a_warning(front: Front) -> None:
    assert "test is successful" in front.checked.stderr
    assert "[warn]" not in front.checked.stderr
    assert "[emerg]" not in front.checked.stderr


def test_a_call_goes_through_and_keeps_its_id(client: httpx.Client) -> None:
    answer = client.get("/health/live", headers={"X-Request-ID": "from-the-client-1"})
    other = client.get("/health/live", headers={"X-Request-ID": "not one of ours"})

    assert answer.json() == {"status": "alive"}
    assert answer.headers["x-request-id"] == "from-the-client-1"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert len(other.headers["x-request-id"]) == 32


def test_without_tls_there_is_only_the_way_to_it(front: Front) -> None:
    answer = httpx.get(f"http://{LOOPBACK}:{front.plain}/health?a=b", headers={"Host": NAME})

    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/health?a=b")


def test_another_name_is_not_answered(front: Front) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://{LOOPBACK}:{front.plain}/health", headers={"Host": "elsewhere.example.com"})
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://{LOOPBACK}:{front.port}/health", verify=False)  # noqa: S501  # there is nothing


def test_texts_are_compressed_but_not_where_a_secret_may_stand_beside_what_others_chose(
    client: httpx.Client,
) -> None:
    schema, page = client.get("/schema"), client.get("/sign-in", headers={"Accept": "text/html"})

    assert (schema.status_code, schema.headers["content-encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in schema.headers["vary"]
    assert (page.status_code, "content-encoding" in page.headers) == (200, False)


def test_a_call_through_it_is_never_a_direct_one(client: httpx.Client, web: Web) -> None:
    through = client.get("/health").json()["components"]["mongodb"]
    direct = httpx.get(f"http://{LOOPBACK}:{web.port}/health").json()["components"]["mongodb"]

    assert list(through) == ["status"]
    assert set(direct) > {"status", "latency_ms"}


def test_the_application_is_told_the_callers_address_and_nothing_that_the_caller_made_up(
    front: Front,
) -> None:
    made_up = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    with front.client(source="127.0.0.2") as client:
        body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
        token = client.post("/auth/register", json=body, headers=made_up).json()["access_token"]
        sessions = client.get("/auth/sessions", headers={"Authorization": f"Bearer {token}"}).json()

    assert [session["ip"] for session in sessions] == ["127.0.0.2"]


def test_a_blocked_address_is_kept_out(front: Front) -> None:
    with front.client(source="127.0.0.3") as client:
        assert problem(client.get("/health/live")) == (403, "ACCESS_BLOCKED")


def test_the_metrics_are_not_to_be_had(client: httpx.Client) -> None:
    assert problem(client.get("/metrics")) == (404, "NOT_FOUND")
    assert problem(client.get("/metrics/web")) == (404, "NOT_FOUND")
    assert problem(client.get("/_sbd/away.json")) == (404, "NOT_FOUND")


def test_a_body_may_have_64_kib_and_not_a_byte_more(client: httpx.Client) -> None:
    json_type = {"Content-Type": "application/json"}

    assert problem(client.post("/auth/login", content=b" " * 65_537, headers=json_type)) == (
        413,
        "PAYLOAD_TOO_LARGE",
    )
    assert problem(client.post("/auth/login", content=b" " * 65_536, headers=json_type)) == (
        400,
        "VALIDATION_ERROR",
    )


def test_during_maintenance_programs_get_a_refusal_and_people_a_page(
    client: httpx.Client, front: Front
) -> None:
    front.maintenance.touch()
    try:
        refused = client.post("/auth/login", json={})
        page = client.get("/family/my-families", headers={"Accept": "text/html,*/*"})
        health = client.get("/health/live")
    finally:
        front.maintenance.unlink()

    assert problem(refused) == (503, "MAINTENANCE")
    assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Back soon</h1>" in page.text
    assert health.status_code == 200
    assert problem(client.get("/family/my-families")) == (401, "AUTHENTICATION_REQUIRED")


def test_no_log_holds_a_token_whatever_becomes_of_the_call(front: Front, web: Web) -> None:
    paths = (
        f"/family/invitation/{SECRET}/accept",
        f"/family/invitation/{SECRET}/",
        f"/family/invitation/{SECRET}",
        f"/auth/verify-email?token={SECRET}",
        f"/auth/reset-password?token={SECRET}",
        f"/sign-in/external/callback?code={SECRET}&state={SECRET}",
    )
    with front.client() as client:
        answered = [client.get(path).status_code for path in paths]
        web.stop()
        try:
            away = [client.get(path) for path in (*paths, "/family/my-families")]
        finally:
            web.start()

    assert set(answered) <= {200, 302, 404, 405}
    assert {problem(answer) for answer in away} == {(503, "SERVICE_UNAVAILABLE")}
    access, errors = front.logged("sbd-api.access.log"), front.logged("sbd-api.error.log")
    logged = [json.loads(line)["path"] for line in access.splitlines()]
    assert "/family/invitation/-/accept" in logged
    assert "/auth/verify-email" in logged
    assert SECRET not in access + errors + front.logged("nginx.log")
    # What the runbook looks for there.
    assert "connect() failed (111" in errors


def test_people_get_a_page_while_nothing_answers(front: Front, web: Web) -> None:
    web.stop()
    try:
        with front.client() as client:
            page = client.get("/sign-in", headers={"Accept": "text/html"})
    finally:
        web.start()

    assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert "<h1>Back soon</h1>" in page.text
