"""What is wrong before the body: who asks, which path, which method, which headers."""

from dataclasses import replace
from random import Random

from tests.hostile import odd_headers, odd_paths, values
from tests.hostile.in_bodies import good, not_json, written
from tests.hostile.operations import Operation, methods
from tests.hostile.request import Headers, Request
from tests.hostile.world import World

READ = frozenset({200, 304})
NO_SUCH = frozenset({404, 405})


def credentials(draw: Random, operation: Operation, world: World) -> Request:
    """Ask as nobody, or with something that is no token: all else is right."""
    request = good(operation, world)
    others = [each for each in request.headers if each[0] != "Authorization"]
    token = draw.choice(
        (*world.bad_tokens, "", "null", "x", "..", "a.b.c", "\xff", "x" * 8000, "%00", "{}", "'")
    )
    sent = [("Authorization", f"Bearer {token}")]
    if draw.random() < 0.2:
        sent = [
            ("Authorization", f"{draw.choice(odd_headers.SCHEMES)} {world.token_for(operation.template)}")
        ]
    elif draw.random() < 0.1:
        sent = draw.choice(([], [request.headers[0], request.headers[0]], [("Cookie", world.cookie)]))
    return request.but(headers=sent + others, allowed=frozenset({401}))


def headers(draw: Random, operation: Operation, world: World) -> Request:
    """Send odd headers, some or hundreds: a read is served, a change is refused for what is wrong with it."""
    sent: Headers = [
        (odd_headers.header_name(draw), draw.choice(odd_headers.HEADER_VALUES))
        for _ in range(draw.randrange(1, 6))
    ]
    if draw.random() < 0.05:
        sent += [
            (f"x-{draw.randrange(10**6)}", "y" * draw.randrange(40)) for _ in range(draw.choice((50, 300)))
        ]
    elif draw.random() < 0.05:
        sent += [(draw.choice(sent)[0], "same")] * draw.choice((2, 50, 200))
    elif draw.random() < 0.05:
        sent += [("X-Odd", draw.choice(odd_headers.BROKEN_VALUES)), ("x y", "z"), ("\xff", "z"), ("", "z")][
            : draw.randrange(1, 5)
        ]
    request = good(operation, world) if operation.is_read else _refused(draw, operation, world)
    names = {name for name, _ in sent}
    allowed = request.allowed or READ | world.absence(operation)
    allowed |= {406} if "Accept" in names else set()
    allowed |= {400} if "Content-Type" in names or "Idempotency-Key" in names else set()
    allowed |= {415} if request.body and ({"Content-Type", "Content_Type"} & names) else set()
    if operation.is_read and draw.random() < 0.2:
        request = request.but(body=not_json(draw, b'{"k":1}'))
    return request.but(headers=request.headers + sent, allowed=allowed)


def host(draw: Random, operation: Operation, world: World) -> Request:
    """Name a host that we are not; all else is right."""
    sent = [("Host", draw.choice(odd_headers.HOSTS))]
    sent += [("Host", "localhost")] if draw.random() < 0.1 else []
    request = good(operation, world)
    return request.but(headers=sent + request.headers, allowed=frozenset({400}))


def key(draw: Random, operation: Operation, world: World) -> Request:
    """Send an idempotency key that is none; all else is right."""
    request = good(operation, world)
    sent = ("Idempotency-Key", draw.choice(odd_headers.KEYS))
    return request.but(
        headers=[*request.headers, sent], allowed=frozenset({400}), fault="header.Idempotency-Key"
    )


def match(draw: Random, operation: Operation, world: World) -> Request:
    """Change another version than there is; all else is right."""
    request = good(operation, world)
    sent = ("If-Match", draw.choice(odd_headers.TAGS))
    return request.but(headers=[*request.headers, sent], allowed=world.absence(operation) | {412})


def identifier(draw: Random, operation: Operation, world: World) -> Request:
    """Put something else in place of an id; all else is right."""
    which = draw.choice(operation.parameters)
    ids = world.ids | {which: draw.choice(odd_paths.IDS)}
    if draw.random() < 0.3:
        ids[which] = "".join(draw.choices(odd_paths.IDS[:30], k=draw.randrange(1, 4)))
    request = good(operation, world).but(target=operation.path(ids))
    return request.but(allowed=frozenset({404, 400} if operation.body else {404}))


def path(draw: Random, operation: Operation, world: World) -> Request:
    """Bend the path; all else is right."""
    request, target = good(operation, world), operation.path(world.ids)
    if operation.is_public:  # another path may be another operation's
        request = request.but(headers=[*request.headers, ("Authorization", f"Bearer {world.founder.token}")])
    at = draw.choice([index for index, letter in enumerate(target) if letter == "/"])
    bent = draw.choice(
        (
            target + draw.choice(odd_paths.SUFFIXES),
            target + draw.choice(odd_paths.SUFFIXES),
            draw.choice(odd_paths.PREFIXES) + target,
            target[:at]
            + draw.choice(("//", "/./", "/../", "%252f", "/%2e/", "\\", "%5c", "/x/../"))
            + target[at + 1 :],
            target[: at + 1] + target[at + 1 :].upper() + "/",
            target.replace("a", "%2561", 1) + "%25",
        )
    )
    allowed = NO_SUCH | ({400} if operation.body else set())
    if operation.template.startswith(
        "/admin"
    ):  # what is no path of the API there is the console's, for browsers
        return request.but(
            operation=replace(operation, is_page=True), target=bent, allowed=allowed | {301, 302, 403}
        )
    return request.but(target=bent, allowed=allowed)


def query(draw: Random, operation: Operation, world: World) -> Request:
    """Ask something after the path: whatever it is, a change with it is refused by one part of it."""
    request = good(operation, world)
    parts = [draw.choice(odd_paths.QUERIES) for _ in range(draw.randrange(1, 4))]
    allowed, fault = READ | {400} | world.absence(operation), ""
    if draw.random() < 0.2 or not operation.is_read:
        name = draw.choice(("skip", "offset"))
        parts.insert(draw.randrange(len(parts)), f"{name}={draw.choice(('1', '', '%00', '-1', 'x'))}")
        # Of more than a thousand none is read, and the request is refused as a whole.
        allowed, fault = (
            frozenset({400}),
            "" if any(part.count("&") > 1000 for part in parts) else f"query.{name}",
        )
    return request.but(target=f"{request.target}?{'&'.join(parts)}", allowed=allowed, fault=fault)


def method(draw: Random, operation: Operation, world: World) -> Request:
    """Ask in another way than the path answers; all else is right."""
    other = draw.choice([each for each in odd_paths.METHODS if each not in methods(operation.template)])
    return good(operation, world).but(method=other, allowed=frozenset({405}))


def head(draw: Random, operation: Operation, world: World) -> Request:
    """Ask for the head alone: of what can be read it is there, of the rest it is refused."""
    request = headers(draw, operation, world).but(method="HEAD", body=b"")
    is_read = "HEAD" in methods(operation.template)
    return request.but(
        allowed=request.allowed | READ | {406} | world.absence(operation) if is_read else frozenset({405})
    )


def word(draw: Random, operation: Operation, world: World) -> Request:
    """Use a word that is no method; all else is right."""
    return good(operation, world).but(method=draw.choice(odd_paths.WORDS), allowed=frozenset({405}))


def _refused(draw: Random, operation: Operation, world: World) -> Request:
    """Return a change that is refused as late as it can be: by its body, or by an id, or by its query."""
    request = good(operation, world)
    if operation.body is not None:
        return request.but(body=written({"$set": values.value(draw, 0)}), allowed=frozenset({400}))
    if operation.parameters:
        nobody = world.ids | {operation.parameters[-1]: "x_nobody"}
        return request.but(target=operation.path(nobody), allowed=frozenset({404}))
    return request.but(target=f"{request.target}?skip=1", allowed=frozenset({400}))
