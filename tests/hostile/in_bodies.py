"""What is wrong in a body."""

import json
from random import Random
from typing import Any

from tests.hostile import odd_headers, values
from tests.hostile.bodies import changed, example, fields, is_valid, resolved
from tests.hostile.operations import JSON, Operation
from tests.hostile.request import Request
from tests.hostile.world import World

LARGEST = 64 * 1024
TRIES = 50
LEVELS = 17  # one more than are read
_NO_NUMBERS = (
    b"NaN",
    b"-Infinity",
    b"0x10",
    b"01",
    b"1.",
    b".5",
    b"+1",
    b"1e",
    b"1e999e9",
    b"9" * 5000,
    b"-",
    b"1_0",
)
_NO_VALUES = (
    b"",
    b"'a'",
    b"True",
    b"undefined",
    b"nan",
    b"[1,]",
    b'{"a":1,}',
    b"{a:1}",
    b"//",
    b"/**/1",
    b"`a`",
    b'"a',
)
_NO_TEXTS = (
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\\ud83d\\u0041",
    b"\\x41",
    b"\\u12",
    b"\\q",
    b"\x00",
    b"\n",
    b"\t",
    b"\x1f",
    b"\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    *(b"\xe2\x82", b"\x80", b"\xfe\xff", b"\xf8\x88\x80\x80\x80", b"\xe9"),
)
_NO_OBJECTS = (
    b"null",
    b"[]",
    b"[{}]",
    b"0",
    b"-1.5e3",
    b"true",
    b'"x"',
    b"[" * 30_000,
    b'{"a":' * 9000,
    b"   ",
    b"{}{}",
)


def good(operation: Operation, world: World) -> Request:
    """Return the operation's request as it should be, from somebody who may send it."""
    headers = (
        [] if operation.is_public else [("Authorization", f"Bearer {world.token_for(operation.template)}")]
    )
    body = b""
    if operation.body is not None:
        headers.append(("Content-Type", JSON))
        body = written(example(operation.body))
    return Request(operation, operation.method, operation.path(world.ids), headers, body)


def written(body: Any) -> bytes:
    """Return a body as JSON; NaN and huge numbers among it as Python writes them."""
    return json.dumps(body, separators=(",", ":")).encode()


def field(draw: Random, operation: Operation, world: World) -> Request:
    """Put into one field what it does not take; the refusal names it."""
    schema = operation.body or {}
    places = [path for path, _ in fields(schema)]
    path, value = draw.choice(places), None
    for _ in range(TRIES):
        value = values.value(draw)
        body = changed(schema, path, value)
        if not is_valid(schema, body) and len(written(body)) < LARGEST:
            break
        value = values.text(draw)
    raw = written(changed(schema, path, value))
    return good(operation, world).but(body=raw, allowed=frozenset({400}), fault=".".join(path))


def unknown_field(draw: Random, operation: Operation, world: World) -> Request:
    """Add a field that there is not: operators, paths, what only the product itself writes."""
    schema = operation.body or {}
    known = {name for path, _ in fields(schema) for name in path}
    name = draw.choice([each for each in values.OPERATORS if each not in known])
    body = {**example(schema), name: values.value(draw, 1)}
    for path, inner in fields(schema):
        if "properties" in inner and draw.random() < 0.3:
            body = changed(schema, (*path, name), values.value(draw, 1))
    if draw.random() < 0.02:
        body = {f"{name[:9]}{number}": 1 for number in range(2000)}
    raw = written(body)
    if resolved(schema).get("additionalProperties"):  # another program's: what is not known is not read
        return good(operation, world).but(body=raw, allowed=frozenset({200, 400}))
    return good(operation, world).but(body=raw, allowed=frozenset({400}), fault="unknown_field")


def notation(draw: Random, operation: Operation, world: World) -> Request:
    """Write the body as no strict reader of JSON reads it."""
    raw = not_json(draw, written(example(operation.body or {})))
    return good(operation, world).but(body=raw, allowed=frozenset({400}), fault="body")


def size(draw: Random, operation: Operation, world: World) -> Request:
    """Send more than is read; its size is looked at before who sends it."""
    request = good(operation, world)
    headers = request.headers if draw.random() < 0.5 else []
    raw = b'{"name":"' + b"x" * draw.choice((LARGEST, LARGEST, 2 * LARGEST, 4 * LARGEST)) + b'"}'
    return request.but(headers=headers, body=raw, allowed=frozenset({413}))


def media(draw: Random, operation: Operation, world: World) -> Request:
    """Name another type, or none, or ours with odd parameters and a body that is not what they say."""
    request = good(operation, world)
    others = [each for each in request.headers if each[0] != "Content-Type"]
    if draw.random() < 0.3:
        parameters = (
            "; charset=utf-16",
            ";charset=x",
            "; charset=\xff",
            ";;;",
            "; q=" + "x" * 3000,
            "; charset*=x",
            " ;a=b",
        )
        body = not_json(draw, request.body)
        headers = [*others, ("Content-Type", JSON + draw.choice(parameters))]
        return request.but(headers=headers, body=body, allowed=frozenset({400, 415}))
    kinds = [("Content-Type", each) for each in odd_headers.OTHER_TYPES]
    headers = others + ([draw.choice(kinds)] if draw.random() < 0.95 else [])
    return request.but(headers=headers, body=request.body, allowed=frozenset({415}))


def not_json(draw: Random, raw: bytes) -> bytes:
    """Return what no strict reader of JSON takes for an object, made from an object in ASCII."""
    return draw.choice(_WAYS)(draw, raw)


def _cut(draw: Random, raw: bytes) -> bytes:
    return raw[: draw.randrange(1, len(raw))]


def _followed(draw: Random, raw: bytes) -> bytes:
    return raw + draw.choice((b"{}", b",", b"]", b"}", b"x", b"\x00", b"//", b"\xff", b"1"))


def _preceded(draw: Random, raw: bytes) -> bytes:
    return draw.choice((b"\xef\xbb\xbf", b"\x00", b")]}',", b"\xff\xfe", b"//\n", b"\x0c", b"\xc2\xa0")) + raw


def _encoded(draw: Random, raw: bytes) -> bytes:
    code = draw.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp037"))
    return raw.decode().encode(code)


def _overwritten(draw: Random, raw: bytes) -> bytes:
    at = draw.randrange(len(raw))
    return raw[:at] + draw.choice((b"\x00", b"\x01", b"\x1f", b"\x80", b"\xc0", b"\xff")) + raw[at + 1 :]


def _no_value(draw: Random, raw: bytes) -> bytes:
    return _with(raw, b'"k":' + draw.choice(_NO_NUMBERS + _NO_VALUES))


def _no_text(draw: Random, raw: bytes) -> bytes:
    return _with(raw, b'"k":"a' + draw.choice(_NO_TEXTS) + b'b"')


def _no_object(draw: Random, _raw: bytes) -> bytes:
    return draw.choice(_NO_OBJECTS)


def _twice(draw: Random, raw: bytes) -> bytes:
    doubles = (b'"k":1,"k":1', b'"k":1,"\\u006b":1', b'"k":{"a":{"b":1,"b":1}}', b'"\\ud800":1')
    return _with(raw, draw.choice(doubles))


def _deep(draw: Random, raw: bytes) -> bytes:
    levels = draw.choice((LEVELS, 20, 100, 1000, 10_000))
    objects = b'{"a":' * levels + b"1" + b"}" * levels
    return _with(raw, b'"k":' + draw.choice((b"[" * levels + b"]" * levels, b"[" * levels, objects)))


_WAYS = (
    _cut,
    _followed,
    _preceded,
    _encoded,
    _overwritten,
    _no_value,
    _no_text,
    _no_object,
    _twice,
    _deep,
)


def _with(raw: bytes, member: bytes) -> bytes:
    """Return the object with one more member; its name is none that there is."""
    return raw[:-1] + (b"," if len(raw) > 2 else b"") + member + b"}"
