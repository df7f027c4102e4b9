"""What is wrong in a call of the console, or of any other page."""

from random import Random
from urllib.parse import quote

from tests.hostile import odd_headers, odd_paths, values
from tests.hostile.operations import Operation
from tests.hostile.request import Headers, Request
from tests.hostile.world import World

FORM = "application/x-www-form-urlencoded"
SEEN = frozenset({200, 301, 302, 303, 304, 400, 401, 403, 404, 405})
_TOKEN = "csrf" * 8  # a secret as Django's own, which the cookie may hold, too
# What changes something when it is pressed, whatever else is sent: only its refusals are tried.
_ACTS = frozenset({"/admin/logout/", "/admin/health/"})
_FIELDS = (
    "action",
    "_selected_action",
    "select_across",
    "index",
    "reason",
    "confirm",
    "post",
    "username",
    "password",
    "q",
    "next",
)


def page(draw: Random, operation: Operation, world: World) -> Request:
    """Open a page with odd ids, odd filters and odd headers, as staff or as nobody."""
    ids = dict(world.ids)
    for name in operation.parameters:
        if draw.random() < 0.5:
            ids[name] = draw.choice(odd_paths.IDS)
    asked = "&".join(
        draw.choice((*odd_paths.CONSOLE_QUERIES, *odd_paths.CONSOLE_QUERIES, *odd_paths.QUERIES))
        for _ in range(draw.randrange(1, 4))
    )
    headers: Headers = [("Cookie", world.cookie)] if draw.random() < 0.9 else [("Cookie", "sbd_session=x")]
    if draw.random() < 0.3:
        headers.append((odd_headers.header_name(draw), draw.choice(odd_headers.HEADER_VALUES)))
    return Request(operation, "GET", f"{operation.path(ids)}?{asked}", headers, allowed=SEEN)


def forged(draw: Random, operation: Operation, world: World) -> Request:
    """Send a form from elsewhere: without the token that only our own pages know."""
    headers = [
        ("Cookie", world.cookie),
        ("Content-Type", FORM),
        ("Origin", draw.choice(("null", "https://evil.example"))),
    ]
    body = f"csrfmiddlewaretoken={draw.choice(('', 'x', _TOKEN))}&{_form(draw)}".encode()
    return Request(operation, "POST", operation.path(world.ids), headers, body, allowed=frozenset({403}))


def form(draw: Random, operation: Operation, world: World) -> Request:
    """Send a form of our own page, filled in as nobody does."""
    if operation.template in _ACTS:
        return forged(draw, operation, world)
    ids = {name: draw.choice((each, each, "%00", "x_nobody")) for name, each in world.ids.items()}
    cookies = [each for each in world.cookie.split("; ") if not each.startswith("sbd_csrf=")]
    # Elsewhere than in the console a form may act whatever stands in it, if somebody is signed in.
    is_signed_in = operation.template.startswith("/admin") and draw.random() < 0.8
    sent = "; ".join([*(cookies if is_signed_in else []), f"sbd_csrf={_TOKEN}"])
    headers = [("Cookie", sent), ("Content-Type", FORM)]
    body = f"csrfmiddlewaretoken={_TOKEN}&{_form(draw)}".encode()
    return Request(operation, "POST", operation.path(ids), headers, body, allowed=SEEN)


def _form(draw: Random) -> str:
    pairs = []
    for _ in range(draw.randrange(1, 6)):
        value = draw.choice(
            (values.text(draw), draw.choice(values.TEXTS), "delete_selected", "x" * 3000, "", "yes")
        )
        pairs.append(f"{draw.choice(_FIELDS)}={draw.choice((quote(value), '%00', '%ff', '%ed%a0%80'))}")
    return "&".join(pairs)
