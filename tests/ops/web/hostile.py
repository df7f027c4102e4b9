"""What a hostile client sends: tables, by where it stands in a request."""

from typing import Any, NamedTuple

from tests.factories import PASSWORD


class Operation(NamedTuple):
    """An operation that reads a body: a good one, and whether it can do without any of its fields."""

    method: str
    path: str
    good: dict[str, Any]
    optional: bool


OPERATIONS = {
    "register": Operation(
        "POST",
        "/auth/register",
        {"username": "robin", "email": "robin@example.com", "password": PASSWORD},
        optional=False,
    ),
    "login": Operation("POST", "/auth/login", {"username": "nobody", "password": PASSWORD}, optional=False),
    "refresh": Operation("POST", "/auth/refresh", {"refresh_token": "x"}, optional=False),
    "password": Operation(
        "PUT",
        "/auth/change-password",
        {"current_password": "Quite-Wrong-7!", "new_password": PASSWORD},
        optional=False,
    ),
    "logout": Operation("POST", "/auth/logout", {"all": False}, optional=True),
    "create": Operation("POST", "/family/create", {"name": "Crows"}, optional=True),
    "settings": Operation(
        "PUT",
        "/family/{family_id}",
        {
            "name": "Crows",
            "settings": {
                "allow_member_invites": True,
                "visibility": "private",
                "timezone": "Asia/Tokyo",
                "auto_approval_threshold": 5,
                "auto_approval_daily_cap": 5,
                "request_expiry_hours": 5,
            },
            "notification_settings": {
                "notify_on_spend": False,
                "notify_on_deposit": False,
                "large_transaction_threshold": 5,
                "notify_admins_only": True,
            },
        },
        optional=False,
    ),
}
READS = [
    "/auth/me",
    "/auth/sessions",
    "/family/my-families",
    "/family/{family_id}",
    "/health/live",
    "/health/ready",
]
PAGES = ["/schema", "/docs", "/docs/errors"]

# What no field of any operation takes.
VALUES: list[Any] = [
    -1,
    5.5,
    10**400,
    -(10**400),
    1e308,
    [],
    [None],
    ["Crows"],
    [[[[[]]]]],
    {},
    {"$gt": ""},
    {"$ne": None},
    {"$where": "sleep(1000)"},
    {"$regex": ".*"},
    {"name": {"$set": {"balance": 1}}},
    {"__proto__": {"is_staff": True}},
    "a\x00b",
    "\x1b[31m",
    "a\u202eb",
    "x" * 60_000,
    "\n",
    "",
    " ",
]
# Settings without any of their fields change nothing; of a password every character counts.
NO_FAULTS: list[tuple[tuple[str, ...], Any]] = [
    (("settings",), {}),
    (("notification_settings",), {}),
    (("password",), " "),
    (("current_password",), " "),
]
# What is no body of any operation.
BODIES: dict[str, bytes] = {
    "null": b"null",
    "array": b"[]",
    "array of objects": b'[{"name": "Crows"}]',
    "zero": b"0",
    "true": b"true",
    "text": b'"x"',
    "broken": b'{"name": "Crows"',
    "two documents": b"{}{}",
    "trailing comma": b'{"name": "Crows",}',
    "comment": b"{/* */}",
    "single quotes": b"{'name': 'Crows'}",
    "unquoted": b"{name: 1}",
    "garbage": b"\x00\x01\x02\xff",
    "spaces only": b"   ",
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "leading zero": b'{"name": 01}',
    "hexadecimal": b'{"name": 0x10}',
    "huge integer": b'{"name": ' + b"9" * 5000 + b"}",
    "huge exponent": b'{"name": 1e999999999}',
    "duplicate keys": b'{"name": "Crows", "name": "Crows"}',
    "duplicate keys by escape": b'{"name": "Crows", "n\\u0061me": "Crows"}',
    "duplicate unknown keys": b'{"x": {"a": 1, "a": 1}}',
    "surrogate by escape": b'{"name": "a\\ud800b"}',
    "surrogates in reverse": b'{"name": "\\udc00\\ud800"}',
    "surrogate in a key": b'{"\\ud800": 1}',
    "raw surrogate": b'{"name": "a\xed\xa0\x80b"}',
    "broken UTF-8": b'{"name": "a\xffb"}',
    "overlong UTF-8": b'{"name": "\xc0\xaf"}',
    "UTF-16": '{"name": "Crows"}'.encode("utf-16"),
    "UTF-16 without mark": '{"name": "Crows"}'.encode("utf-16-le"),
    "UTF-32": '{"name": "Crows"}'.encode("utf-32"),
    "byte order mark": b'\xef\xbb\xbf{"name": "Crows"}',
    "raw control character": b'{"name": "a\x01b"}',
    "raw line break": b'{"name": "a\nb"}',
    "deep arrays": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep and open": b'{"name":' + b"[" * 50_000,
    "deep inside": b'{"name":' + b"[" * 20 + b"]" * 20 + b"}",
    "many keys": b"{" + b",".join(b'"k%d":1' % number for number in range(5000)) + b"}",
    "operators": b'{"$where": "1", "$gt": "", "a.b": 1}',
    "empty key": b'{"": 1}',
    "key with NUL": b'{"name\\u0000": "Crows"}',
    "long key": b'{"' + b"k" * 50_000 + b'": 1}',
    "form": b"name=Crows&all=true",
    "XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "multipart": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nCrows\r\n--x--\r\n',
    "one megabyte": b'{"name": "' + b"x" * 1_000_000 + b'"}',
}
FEW_BODIES = ["garbage", "form", "XML", "multipart", "one megabyte", "null", "operators", "deep arrays"]
OTHER_TYPES = [
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "application/xml",
    "application/octet-stream",
    "garbage",
    ";",
]
IDS = [
    "%00",
    "fam_%00",
    "%ff%fe",
    "%ed%a0%80",
    "%2e%2e",
    "%2e%2e%2fetc%2fpasswd",
    "..%5c..",
    "x" * 64,
    "x" * 65,
    "x" * 10_000,
    "%f0%9f%90%a6" * 100,
    "$where",
    "$ne",
    '{"$gt":""}',
    "[$ne]",
    "fam_1'%20or%20'1'='1",
    "%0d%0aSet-Cookie:%20x=1",
    "<script>alert(1)<%2fscript>",
    "null",
    "0",
    "-1",
    "*",
    "%25",
    "%",
    "%zz",
    "fam_1;a=b",
    "fam_1,fam_2",
    "user_1",
]
HEADERS: list[tuple[str, list[str]]] = [
    (
        "authorization",
        ["Bearer", "Bearer " + "x" * 60_000, "\xff\xfe", "Bearer \x00", "{}", "Bearer null", ":"],
    ),
    ("if_match", ["garbage", '"', '"' * 1000, "\xff", "W/", '"a","b",', "\x00", '"' + "9" * 10_000 + '"']),
    ("if_none_match", ["garbage", '"', "\xff", "W/W/", '"a' * 5000]),
    (
        "accept",
        [
            "garbage",
            "/",
            "*",
            ";",
            ",,,",
            "\xff",
            "application/json;q=x",
            "a/b;" * 5000,
            "text/html",
            "*/json",
        ],
    ),
    ("x_request_id", ["\xff" * 20, "x" * 10_000, "a b", "\x00" * 10, "<script>"]),
    ("idempotency_key", ["", "\xff", "x" * 10_000, "\x00" * 10]),
    ("user_agent", ["\xff" * 500, "\x00", "$where"]),
    ("x_forwarded_for", ["garbage", "1.2.3.4," * 1000, "\xff"]),
    ("x_http_method_override", ["DELETE", "PUT"]),
    ("cookie", ["sessionid=x; sbd_session=" + "x" * 5000, "=;=;", "\xff=\xff", "sbd_csrf=x"]),
    ("content_type", ["", ";", "\xff"]),
    ("range", ["bytes=0-1", "garbage"]),
    ("origin", ["null", "https://evil.example"]),
]
QUERIES = [
    "skip=1",
    "offset=1",
    "skip[$gt]=1&skip=1",
    "%ff=%ff&skip=%ff",
    "&".join(f"a{number}" for number in range(2000)),
    "a=" + "x" * 60_000,
    "\xff",
    "$where=1;--",
    "version=../../x&lang=%00&script=<x>",
    "%",
]
