"""Answers of the API."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from ops.web.json import dumps

JSON = "application/json"


class Response(HttpResponse):
    """JSON, written at once: DRF's own is a template that is rendered later, at five times the cost."""

    def __init__(
        self,
        data: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = JSON,
    ) -> None:
        """Take what is answered; ``None``: no body."""
        body = b"" if data is None else dumps(data)
        super().__init__(body, status=status, headers={"Content-Type": content_type, **(headers or {})})
        if data is None:
            del self["Content-Type"]
