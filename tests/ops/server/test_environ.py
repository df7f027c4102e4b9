"""What the application is told of a request."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.server.asgi import Environ
from tests.ops.server.served import Served, request


def told(environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json")])
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps({**texts, "body": body.decode("latin-1")}).encode()]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    served = Served(told)
    yield served
    served.stop()


def seen(server: Served, *headers: str, path: str = "/") -> dict[str, str]:
    found: dict[str, str] = json.loads(server.ask("GET", path, *headers).body)
    return found


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/a%20b", "/a b"),
        ("/%C3%A9", "/\xc3\xa9"),  # two bytes of UTF-8, each as one character (PEP 3333)
        ("/%ff%FE", "/\xff\xfe"),
        ("/%00", "/\0"),
        ("/a%2Fb", "/a/b"),
        ("/%", "/%"),
        ("/%zz", "/%zz"),
        ("//double//", "//double//"),
        ("/../up", "/../up"),
        ("http://other.example/absolute?x=1", "/absolute"),
    ],
)
def test_the_path_is_its_bytes(server: Served, sent: str, path: str) -> None:
    assert seen(server, path=sent)["PATH_INFO"] == path


def test_the_query_stays_as_it_was_sent(server: Served) -> None:
    assert seen(server, path="/?a=%C3%A9&a=b+c;d")["QUERY_STRING"] == "a=%C3%A9&a=b+c;d"


def test_a_name_with_an_underscore_does_not_pass_for_the_one_with_a_hyphen(server: Served) -> None:
    environ = seen(server, "X-User: proxy", "X_User: client", "X_Other: client", "Content_Type: text/evil")

    assert environ["HTTP_X_USER"] == "proxy"
    assert "HTTP_X_OTHER" not in environ
    assert "CONTENT_TYPE" not in environ


def test_repeated_headers_are_joined(server: Served) -> None:
    environ = seen(server, "X-Tag: a", "X-Tag: b", "Cookie: a=1", "Cookie: b=2", "If-Match: x", "If-Match: y")

    assert environ["HTTP_X_TAG"] == "a,b"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_IF_MATCH"] == "x,y"


def test_a_repeated_sign_in_is_no_sign_in(server: Served) -> None:
    environ = seen(server, "Authorization: Bearer a", "Authorization: Bearer b")

    assert environ["HTTP_AUTHORIZATION"] == "Bearer a,Bearer b"


def test_a_header_that_means_a_setting_of_the_machine_is_dropped(server: Served) -> None:
    assert "HTTP_PROXY" not in seen(server, "Proxy: http://evil.example")


def test_a_value_beyond_ascii_is_its_bytes(server: Served) -> None:
    assert seen(server, "X-Name: \xe9\xff")["HTTP_X_NAME"] == "\xe9\xff"


def test_a_chunked_body_is_handed_over_whole_with_its_true_length(server: Served) -> None:
    chunked = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    line = server.line().send(request("POST", "/", "Transfer-Encoding: chunked") + chunked)

    environ = json.loads(line.reply().body)

    assert (environ["body"], environ["CONTENT_LENGTH"]) == ("hello world", "11")
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_where_the_call_comes_from_is_told(server: Served) -> None:
    environ = seen(server)

    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(server.port)
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_a_parameter_of_the_content_type_that_django_cannot_read_is_left_out(server: Served) -> None:
    assert seen(server, "Content-Type: application/json; x*=bogus''y")["CONTENT_TYPE"] == "application/json"
    assert seen(server, "Content-Type: text/html; a=b")["CONTENT_TYPE"] == "text/html; a=b"
