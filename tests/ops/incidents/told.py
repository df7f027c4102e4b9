"""Whom tests let be told of incidents, and a real server that takes what is posted."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import override_settings

from family_site.settings.incidents import CONTACTS, MATRIX, Webhook
from ops.incidents import mails, pages
from ops.incidents.starting import CLAIMS
from ops.mongo.collections import collection, control_collection
from tests.ops.incidents.opened import forget_all

SECRET = "of-the-second-channel-0123456789-abcdefghij"
EVERYBODY = {name: f"{name}@families.test, +49 30 {place}" for place, name in enumerate(CONTACTS)}
NOBODY = dict.fromkeys(CONTACTS, "")


class Receiver:
    """The second channel: what it has taken, with the signature; ``status`` is what it answers."""

    def __init__(self) -> None:
        """Start it on a free port."""
        self.taken: list[tuple[dict[str, Any], str, bytes]] = []
        self.status = 204
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def called(self) -> list[str]:
        """Who was called, in the order of the calls."""
        return [told["to"]["name"] for told, _, _ in self.taken]

    def stop(self) -> None:
        """Let it go."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status < 300:
                    receiver.taken.append((json.loads(body), self.headers["X-SBD-Signature"], body))
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def second_channel(**contacts: str) -> Iterator[Receiver]:
    """Set everybody, but for those given, and a second channel that answers."""
    receiver = Receiver()
    webhook = Webhook(receiver.url, SECRET)
    with override_settings(
        CONTACTS={**EVERYBODY, **contacts}, ESCALATION_MATRIX=MATRIX, ESCALATION_WEBHOOK=webhook
    ):
        try:
            yield receiver
        finally:
            receiver.stop()


def forget_pages() -> None:
    """Empty what is kept of incidents, and the mails about them."""
    forget_all()
    for name in (pages.NAME, CLAIMS):
        control_collection(name).delete({})
    collection("email_outbox").delete({"template": mails.NAME})
