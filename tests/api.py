"""A client of the API: Django's handler with its middlewares, without a network between."""

import json
from typing import Any

from django.test import Client

from tests import schema
from tests.factories import Person, Token
from tests.handlers import handler

JSON = "application/json"
PROBLEM = "application/problem+json"
# What tells one call from the next, whatever is answered.
OF_THE_CALL = frozenset({"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset"})


class Answer:
    """An answer, as tests look at it."""

    def __init__(self, raw: Any) -> None:
        """Take Django's."""
        self.raw = raw
        self.status: int = raw.status_code
        self.headers: dict[str, str] = dict(raw.items())
        self.text: bytes = raw.getvalue()

    @property
    def lasting_headers(self) -> dict[str, str]:
        """The headers but those that are another with each call."""
        return {name: value for name, value in self.headers.items() if name not in OF_THE_CALL}

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a refusal, after a look at its shape (HTTP contract, section 2.1)."""
        body = self.json
        assert self.headers["Content-Type"] == PROBLEM, self.text
        members = {"type", "title", "status", "detail", "error", "message", "details", "request_id"}
        assert members <= body.keys()
        assert body["status"] == self.status
        assert body["message"] == body["detail"]
        assert body["type"].endswith(f"/docs/errors#{body['error']}")
        assert body["request_id"] == self.headers["X-Request-ID"]
        assert self.headers["Cache-Control"] == "no-store"
        assert ("retry_after" in body) == ("Retry-After" in self.headers)
        return self.status, body["error"]

    @property
    def faults(self) -> set[tuple[str, str]]:
        """Field and code of each fault of a VALIDATION_ERROR."""
        assert self.problem[0] == 400, self.text
        return {(fault["field"], fault["code"]) for fault in self.json["details"]}


class Api:
    """Sends requests as one person, or as nobody."""

    def __init__(
        self, person: Person | Token | None = None, *, address: str = "127.0.0.1", **headers: str
    ) -> None:
        """Take who is asking, from where, and headers for all requests."""
        self._client = Client(raise_request_exception=False, REMOTE_ADDR=address)
        self._client.handler = handler(checks_csrf=True)
        sign_in = {"authorization": f"Bearer {person.token}"} if person else {}
        self._headers = {**sign_in, **headers}

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET."""
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a POST with a JSON body; ``None``: without a body."""
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a PUT with a JSON body."""
        return self.send("PUT", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send any method; bytes go as they are, anything else as JSON.

        Names of headers may have ``_`` for ``-``. The answer is one that the schema foresees.
        """
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        content_type = headers.pop("content_type", JSON if raw else "")
        sent = {name.replace("_", "-"): value for name, value in {**self._headers, **headers}.items()}
        answer = Answer(self._client.generic(method, path, raw, content_type=content_type, headers=sent))
        if answer.media_type in {JSON, PROBLEM} and method != "HEAD":
            schema.prove(method, path, answer.status, answer.media_type, answer.json)
        return answer
