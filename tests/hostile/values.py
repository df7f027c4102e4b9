"""What no field, header or path is meant to hold."""

from random import Random
from typing import Any

# One of these in a text, and no field of the API takes it: HTTP contract, section 1.1 (text).
FORBIDDEN = "\x00\x01\x07\x08\x0b\x1b\x1f\x7f\x85\x9f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"
TEXTS = [
    "$where",
    "$ne",
    "a.b",
    "..",
    "../../etc/passwd",
    "';--",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "<script>",
    "%00",
    "%s%n",
    "\U0001f426",
    "\u0627\u0644\u0639",
    "\ud7ff",
    "\U0010ffff",
    "\u200d" * 9,
    "a" + "\u0300" * 300,
    "null",
    "true",
    "-1",
    "1e9",
    "0x10",
    "__proto__",
    "constructor",
]
NUMBERS: list[Any] = [
    0,
    -1,
    -(2**31),
    2**31,
    2**53,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    10**13,
    10**40,
    -(10**40),
    10**400,
    0.5,
    5.0,
    -0.0,
    1e-308,
    1e308,
    1e22,
    True,
    False,
]
OPERATORS = [
    "$set",
    "$where",
    "$gt",
    "$ne",
    "$or",
    "$regex",
    "$expr",
    "$function",
    "$inc",
    "$",
    "$$ROOT",
    "a.b",
    ".",
    "..",
    "name.",
    ".name",
    "settings.$[]",
    "members.0.role",
    "_id",
    "v",
    "__proto__",
    "constructor",
    "__class__",
    "is_staff",
    "role",
    "",
    " ",
    "name ",
    "n\u0430me",
    "\U0001f426",
    "\x00",
    "name\x00",
    "\u202e",
    "x" * 5000,
]


def text(draw: Random) -> str:
    """Return a text with something in it that no field takes."""
    letters = "".join(draw.choices("ab \u00e9\u4e2d\U0001f426" + FORBIDDEN, k=draw.randrange(12)))
    # In the middle: white space at the ends is trimmed.
    return f"a{letters}{draw.choice(FORBIDDEN)}b"


def value(draw: Random, depth: int = 3) -> Any:
    """Return any JSON, hostile if it can be; ``depth``: how many levels of it at most."""
    if depth and draw.random() < 0.3:
        items = [value(draw, depth - 1) for _ in range(draw.randrange(4))]
        return items if draw.random() < 0.5 else {draw.choice(OPERATORS): each for each in items}
    long = "x" * draw.choice((0, 1, 101, 129, 255, 2049, 30_000))
    return draw.choice((draw.choice(NUMBERS), text(draw), draw.choice(TEXTS), long, None))
