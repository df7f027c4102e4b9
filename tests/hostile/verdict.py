"""Whether an answer is right. Source: HTTP contract, sections 2.1 and 18 (rule 16)."""

from collections.abc import Iterator

from tests.hostile.in_bodies import LARGEST
from tests.hostile.line import Answer
from tests.hostile.request import Request

PROBLEM = "application/problem+json"
MEMBERS = frozenset({"type", "title", "status", "detail", "error", "message", "details", "request_id"})
LIMITED = 429
# uvicorn's own words for what is no HTTP; the application never sees it.
NO_HTTP = (400, b"Invalid HTTP request received.")


def is_of_queue(answer: Answer) -> bool:
    """Tell whether it was too much at this moment: the one refusal that says nothing of the request."""
    return answer.status == 503 and answer.media_type == PROBLEM and "retry-after" in answer.headers


def faults(request: Request, answer: Answer) -> list[str]:
    """Say what is wrong with the answer; nothing: it is right."""
    if (
        not request.is_http and (answer.status, answer.body or NO_HTTP[1]) == NO_HTTP
    ):  # of a HEAD none is read
        return []
    return list(_faults(request, answer))


def _faults(request: Request, answer: Answer) -> Iterator[str]:
    allowed = request.allowed | {LIMITED} | (set() if request.is_http else {400, 404, 405})
    if answer.status not in allowed:
        yield f"answered {answer.status}, right would be {sorted(request.allowed)}: {answer.body[:300]!r}"
    if "x-request-id" not in answer.headers:
        yield "the answer has no X-Request-ID"
    if answer.status >= 400 and request.method != "HEAD":
        yield from _faults_of_refusal(request, answer)


def _faults_of_refusal(request: Request, answer: Answer) -> Iterator[str]:
    if request.operation.is_page and answer.media_type == "text/html" and answer.body:
        return  # words for people
    if answer.headers.get("content-type") != PROBLEM:
        yield f"the refusal is {answer.media_type}: {answer.body[:300]!r}"
        return
    body = answer.json
    if missing := MEMBERS - body.keys():
        yield f"the refusal lacks {sorted(missing)}"
        return
    if (body["status"], body["request_id"]) != (answer.status, answer.headers["x-request-id"]):
        yield "body and head of the refusal differ"
    if body["message"] != body["detail"] or not body["type"].endswith(f"/docs/errors#{body['error']}"):
        yield "the refusal's members differ from each other"
    if answer.headers.get("cache-control") != "no-store":
        yield "the refusal may be stored"
    if len(answer.body) > LARGEST:
        yield f"the refusal is larger than any body that is read: {len(answer.body)} bytes"
    if b"Traceback" in answer.body:
        yield "the refusal shows the inside"
    if request.fault and answer.status == 400 and not _names(body["details"], request.fault):
        yield f"the refusal does not name {request.fault}: {answer.body[:500]!r}"


def _names(details: object, fault: str) -> bool:
    """Tell whether a refusal of fields has this field, one inside it, or this code among its faults."""
    if not isinstance(details, list):
        return False
    return any(
        each["code"] == fault or each["field"] == fault or each["field"].startswith(f"{fault}.")
        for each in details
    )
