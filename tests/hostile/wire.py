"""What is wrong with a connection: cut, slow, half, doubled, or no HTTP at all."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.hostile.in_bodies import good, not_json, written
from tests.hostile.operations import Operation
from tests.hostile.request import Request
from tests.hostile.world import World

REFUSED = frozenset({400})
TOO_LARGE = b"The head of the request is too large."
_LENGTHS = (
    "-1",
    "+5",
    "0x10",
    "1e3",
    "5.0",
    "",
    " ",
    "x",
    "9" * 30,
    "5 5",
    "5, 6",
    "\u00b2",
    "18446744073709551617",
)
_CODINGS = (
    "xchunked",
    "chunked, identity",
    "identity, x",
    "gzip",
    "chunked\x0b",
    "\x00chunked",
    "chunk",
    ",",
    "chunked;q=1",
)
_CHUNKS = (
    b"x\r\n",
    b"-1\r\na\r\n",
    b"0x5\r\nhello\r\n",
    b"FFFFFFFFFFFFFFFFF\r\n",
    b"5\r\nhello5\r\n",
    b"5\nhello\n",
    b"\r\n\r\n",
    b" 5\r\nhello\r\n",
    b"5 \r\r\nhello\r\n",
    b"1;" + b"x" * 200 + b"\x00\r\na\r\n",
    b"3\r\nhello\r\n",
    b"\x00\r\n",
    b"+3\r\nabc\r\n",
)
_NO_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 100,
    b"\xff" * 100,
    b"SSH-2.0-x\r\n\r\n",
    b"GET /\r\n\r\n",
    *(b"/ GET HTTP/1.1\r\n\r\n", b"GET / HTTP/x.y\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\n : x\r\n\r\n",
    b"GET / HTTP/1.1\r\nA\x00: x\r\n\r\n",
    b"{}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\tb\x01: c\r\n\r\n",
    b"EHLO localhost\r\n",
    b"*1\r\n$4\r\nPING\r\n",
    b"GET http:// HTTP/1.1\r\n\r\n",
)


@dataclass(frozen=True)
class Talk:
    """What is said on one connection.

    Args:
        pieces: sent one after the other, with a moment between them.
        expected: of each answer, which statuses are right.
        is_hung_up: the server ends it, after what else it may say of bytes that it cannot read.
        request_ids: those of the answers, in order, where they tell which is which.
    """

    pieces: tuple[bytes, ...]
    expected: tuple[frozenset[int], ...] = ()
    is_hung_up: bool = False
    request_ids: tuple[str, ...] = ()


Make = Callable[[Random, Operation, World], Talk]


def cut_in_head(draw: Random, operation: Operation, world: World) -> Talk:
    """Cut it before the head is whole."""
    raw = good(operation, world).raw
    return Talk((raw[: draw.randrange(raw.index(b"\r\n\r\n") + 4)],))


def cut_in_body(draw: Random, operation: Operation, world: World) -> Talk:
    """Cut it before the body is whole."""
    raw = good(operation, world).raw
    return Talk((raw[: draw.randrange(raw.index(b"\r\n\r\n") + 4, len(raw))],))


def too_long(draw: Random, operation: Operation, world: World) -> Talk:
    """Announce more than comes, and cut it."""
    body = written_body(operation, world)
    return Talk(
        (
            framed(operation, world, ("Content-Length", str(len(body) + draw.choice((1, 2, 1000, 60_000)))))
            + body,
        )
    )


def too_short(draw: Random, operation: Operation, world: World) -> Talk:
    """Announce less than comes: what is over is no request."""
    body = written_body(operation, world)
    head = framed(operation, world, ("Content-Length", str(draw.randrange(1, len(body)))))
    return Talk((head + body,), (REFUSED,), is_hung_up=True)


def slow(draw: Random, operation: Operation, world: World) -> Talk:
    """Send a refused request in many pieces."""
    raw = _broken(draw, operation, world).raw
    cuts = sorted(draw.choices(range(len(raw)), k=draw.randrange(1, 12)))
    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    return Talk(tuple(each for each in pieces if each), (REFUSED,))


def bad_length(draw: Random, operation: Operation, world: World) -> Talk:
    """Give a length that is no number, or two."""
    body = written_body(operation, world)
    length = ("Content-Length", draw.choice(_LENGTHS).encode().decode("latin-1"))
    lengths = (
        [length] if draw.random() < 0.7 else [("Content-Length", str(len(body))), ("Content-Length", "0")]
    )
    draw.shuffle(lengths)
    return Talk((framed(operation, world, *lengths) + body,), is_hung_up=True)


def smuggled(draw: Random, operation: Operation, world: World) -> Talk:
    """Frame it in two ways at once, a whole request in what one of them leaves over."""
    inner = good(operation, world).raw
    framing = [("Transfer-Encoding", "chunked"), ("Content-Length", str(draw.choice((0, 5, len(inner) + 5))))]
    draw.shuffle(framing)
    return Talk((framed(operation, world, *framing) + b"0\r\n\r\n" + inner,), is_hung_up=True)


def bad_coding(draw: Random, operation: Operation, world: World) -> Talk:
    """Name a coding that is none, a whole request behind it."""
    framing = ("Transfer-Encoding", draw.choice(_CODINGS))
    return Talk((framed(operation, world, framing) + b"5\r\nhello\r\n0\r\n\r\n",), is_hung_up=True)


def bad_chunks(draw: Random, operation: Operation, world: World) -> Talk:
    """Send chunks that are none."""
    head = framed(operation, world, ("Transfer-Encoding", "chunked"))
    good_ones = b"1\r\n{\r\n" * draw.randrange(3)
    return Talk((head + good_ones + draw.choice(_CHUNKS) + b"!!",), is_hung_up=True)


def open_chunks(draw: Random, operation: Operation, world: World) -> Talk:
    """Send the whole body in chunks, and cut it before the last."""
    body, head = written_body(operation, world), framed(operation, world, ("Transfer-Encoding", "chunked"))
    at = draw.randrange(1, len(body))
    chunks = [b"%x\r\n%b\r\n" % (len(each), each) for each in (body[:at], body[at:])]
    return Talk((head + b"".join(chunks),))


def pipelined(draw: Random, operation: Operation, world: World) -> Talk:
    """Send many refused requests at once: as many answers come, in order."""
    ids = tuple(f"hostile-{draw.randrange(10**9)}-{number}" for number in range(draw.randrange(2, 20)))
    requests = [_broken(draw, operation, world) for _ in ids]
    raws = [
        each.but(headers=[*each.headers, ("X-Request-ID", name)]).raw
        for each, name in zip(requests, ids, strict=True)
    ]
    return Talk((b"".join(raws),), (REFUSED,) * len(ids), request_ids=ids)


def pipelined_and_cut(draw: Random, operation: Operation, world: World) -> Talk:
    """Send many, and wait for none."""
    return Talk((b"".join(_broken(draw, operation, world).raw for _ in range(draw.randrange(2, 20))),))


def no_http(draw: Random, _operation: Operation, _world: World) -> Talk:
    """Say what is no HTTP/1.1."""
    noise = draw.randbytes(200) if draw.random() < 0.3 else draw.choice(_NO_HTTP)
    return Talk((b"\x01" + noise if noise[:1] in {b"\r", b"\n"} else noise + b"\r\n\r\n",), is_hung_up=True)


def endless_head(draw: Random, operation: Operation, world: World) -> Talk:
    """Begin a head that never ends."""
    begun = framed(operation, world)[:-2]
    more = draw.choice((b"X: " + b"y" * 40_000, b"X-Many: y\r\n" * 4000, b"\tfolded" * 5000))
    return Talk((begun, *[more] * 8), is_hung_up=True)


def endless_target(draw: Random, operation: Operation, world: World) -> Talk:
    """Begin a path that never ends."""
    begun = good(operation, world).raw.partition(b" HTTP/1.1")[0]
    return Talk((begun, *[draw.choice((b"/", b"%2e", b"?x&", b"y")) * 20_000] * 8), is_hung_up=True)


def upgraded(draw: Random, operation: Operation, world: World) -> Talk:
    """Ask for another protocol, a good body behind it: it must not be acted on as if it had none."""
    body = written_body(operation, world)
    protocol = ("Upgrade", draw.choice(("h2c", "websocket", "x", "HTTP/2.0, h2c")))
    wish = ("Connection", draw.choice(("Upgrade", "Upgrade, HTTP2-Settings", "keep-alive, upgrade")))
    head = framed(operation, world, protocol, wish, ("Content-Length", str(len(body))))
    return Talk((head, body) if draw.random() < 0.5 else (head + body,), is_hung_up=True)


def odd_but_http(draw: Random, operation: Operation, world: World) -> Talk:
    """Use what HTTP has and hardly anybody does, for a request that is refused."""
    request = _broken(draw, operation, world)
    wished = request.but(headers=[*request.headers, ("Expect", draw.choice(("100-continue", "x")))]).raw
    odd = (
        wished,
        request.raw.replace(b" /", b" http://localhost/", 1),
        request.raw.replace(b" /", b" http://evil.example/", 1),
        request.raw.replace(b"HTTP/1.1", b"HTTP/1.0", 1),
        b"\r\n\r\n" + request.raw,
    )
    return Talk((draw.choice(odd),), (REFUSED,))


TALKS: tuple[Make, ...] = (
    cut_in_head,
    cut_in_body,
    too_long,
    too_short,
    slow,
    bad_length,
    smuggled,
    bad_coding,
    bad_chunks,
    open_chunks,
    *(pipelined, pipelined_and_cut, no_http, endless_head, endless_target, upgraded, odd_but_http),
)


def written_body(operation: Operation, world: World) -> bytes:
    """Return the body that would be taken."""
    return good(operation, world).body


def framed(operation: Operation, world: World, *framing: tuple[str, str]) -> bytes:
    """Return the head of a good request with this framing in place of its length."""
    request = good(operation, world)
    lines = [f"{request.method} {request.target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in [*request.headers, *framing]]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _broken(draw: Random, operation: Operation, world: World) -> Request:
    request = good(operation, world)
    body = draw.choice((written({"$set": 1}), not_json(draw, request.body)))
    return request.but(body=body)
