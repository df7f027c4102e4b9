"""From an ASGI scope to a WSGI environment.

Source: PEP 3333 (text is latin-1 of the bytes), RFC 9110 section 5.3 and RFC 6265 section 5.4 (how
repeated headers are joined).
"""

import io
import sys
from urllib.parse import unquote_to_bytes

from ops.server.asgi import Environ, Scope

_USUAL = (
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "dnt",
    "expect",
    "forwarded",
    "from",
    "host",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "traceparent",
    "tracestate",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-csrftoken",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    "x-requested-with",
)


def _key(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")


# Only these are looked up: names come from outside, and a table that grew with them would never stop.
_KEYS: dict[bytes, str | None] = {
    **{name.encode(): _key(name) for name in _USUAL},
    b"content-type": "CONTENT_TYPE",
    # The body is handed over whole and plain, so neither its framing nor its length as sent holds.
    b"content-length": None,
    b"transfer-encoding": None,
    # HTTP_PROXY is read by HTTP clients as a setting of the machine.
    b"proxy": None,
}
_CONSTANT: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


def path_info(scope: Scope) -> str:
    """Return the path as WSGI wants it: its bytes, whatever they are, as latin-1."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        text: str = scope["path"]
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")


def build(scope: Scope, path: str, body: bytes, accepted_at: float) -> Environ:
    """Return the environment of one request.

    Args:
        scope: the request as ASGI describes it.
        path: what ``path_info`` returned for it.
        body: the whole body.
        accepted_at: when the request was complete, by the monotonic clock.
    """
    environ = _CONSTANT.copy()
    environ["REQUEST_METHOD"] = scope["method"]
    environ["PATH_INFO"] = path
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["SERVER_PROTOCOL"] = "HTTP/" + scope["http_version"]
    environ["wsgi.url_scheme"] = scope["scheme"]
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body)) if body else ""
    environ["sbd.accepted_at"] = accepted_at
    host, port = scope.get("server") or ("localhost", None)
    environ["SERVER_NAME"] = host
    environ["SERVER_PORT"] = str(port or "")
    host, port = scope.get("client") or ("", "")
    environ["REMOTE_ADDR"] = host
    environ["REMOTE_PORT"] = str(port)
    _add_headers(environ, scope)
    content_type = environ.get("CONTENT_TYPE", "")
    if "*" in content_type:  # RFC 2231's parameters: Django raises on broken ones, and nothing here reads any
        environ["CONTENT_TYPE"] = content_type.partition(";")[0]
    return environ


def _add_headers(environ: Environ, scope: Scope) -> None:
    for name, raw in scope["headers"]:
        key = _KEYS.get(name, "")
        if key == "":
            # "X-User" and "X_User" would become the same key, so one who cannot set the first would
            # set the second.
            if b"_" in name:
                continue
            key = _key(name.decode("latin-1"))
        if key is None:
            continue
        value = raw.decode("latin-1")
        if key in environ:
            value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value
