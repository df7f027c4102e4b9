"""Taking out of a text what must not leave with a bundle, and giving persons and addresses other names.

A literal secret is looked for first, in each way it may be written down; then what looks like one. Who has
one name in a part has the same in all others: so one mask sees all of a bundle.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from urllib.parse import quote, quote_plus

from ops.logs.scrubbing import HIDDEN, scrubbed

# A shorter one is only taken for a secret where it stands alone: it may be a part of many words.
LONG = 8
MOST_BYTE = 255
LONGEST_ADDRESS = 64
# No word, and each look at it would cost the square of its length: whoever calls us decides on it.
_ENDLESS = re.compile(r"(?<![\w.+%=~-])[\w.+%=~-]{200,}")
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
_HEADER = re.compile(
    r"""((?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,30}(?:key|token)|x-forwarded-for)(["']?\s*[:=]\s*)"""
    r"""(\\?"[^"\r\n]*"?|\\?'[^'\r\n]*'?|[^\r\n"']+)""",
    re.IGNORECASE,
)
# A value that was there already, as MongoDB names it.
_TAKEN = re.compile(r"keyValue\\?[\"']?:\s*\{[^}]*\}")
_SCHEME = re.compile(r"\b(Bearer|Basic|bearer)\s+[\w.~+/=-]{6,}")
_NAMED = re.compile(
    r"""((?:passw(?:or)?d|passphrase|pwd|secret|token|credential|requirepass|masterauth|_key\b"""
    r"""|api-?key|verification_code|\botp)[\w-]{0,64})(\\?["']?\s*[:=]\s*)"""
    r"""(\\?"(?:[^"\\\n]|\\[^"\n])*\\?"?|'[^'\n]*'?|[^\s,;&{}()\[\]"'\\][^\s,;&})\]"']*)""",
    re.IGNORECASE,
)
# As in a configuration, or on a command line.
_WORD = re.compile(
    r"((?:\brequirepass|\bmasterauth|--[\w-]{0,30}pass(?:word|phrase)?)\s+)(\"[^\"\n]*\"|[^\s\"]+)",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r'"?(?:-?\d+(?:\.\d+)?|true|false|null|none|)"?\Z', re.IGNORECASE)
_QUOTE = re.compile(r"""\\?["']""")
_SURE = re.compile(r"pass|pwd|secret|code|otp|auth", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)
_PERSON = re.compile(r"(?<![a-z])user_[0-9a-f]{8,}")
_V6 = re.compile(r"(?<![0-9A-Za-z.])[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*")
_V4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")


class Mask:
    """Hides, and gives names; those it has given hold for all that it is shown later."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take what is secret, as it is."""
        written = sorted({form for each in secrets if each for form in _forms(each)}, key=len, reverse=True)
        self._literal = re.compile("|".join(map(_pattern, written))) if written else None
        self._names: dict[str, dict[str, str]] = {"person": {}, "address": {}}

    def hide(self, text: str) -> str:
        """Return a text as it may leave."""
        if self._literal:
            text = self._literal.sub(HIDDEN, text)
        text = _ENDLESS.sub(HIDDEN, text)
        text = _KEY_BLOCK.sub(HIDDEN, text)
        text = _HEADER.sub(_named, text)
        text = _TAKEN.sub(f"keyValue: {HIDDEN}", text)
        text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
        text = _WORD.sub(rf"\1{HIDDEN}", text)
        text = _NAMED.sub(_surely_named, text)
        text = _MAIL.sub(f"{HIDDEN}@{HIDDEN}", scrubbed(text))
        text = _PERSON.sub(lambda found: self._name("person", found[0]), text)
        return _V4.sub(self._v4, _V6.sub(self._v6, text))

    def _name(self, kind: str, who: str) -> str:
        names = self._names[kind]
        return names.setdefault(who, f"{kind}-{len(names) + 1}")

    def _v4(self, found: re.Match[str]) -> str:
        bytes_ = [int(each) for each in found[0].split(".")]
        if max(bytes_) > MOST_BYTE or bytes_[0] == 127 or not any(bytes_):  # noqa: PLR2004  # loopback's
            return found[0]
        return self._name("address", ".".join(map(str, bytes_)))

    def _v6(self, found: re.Match[str]) -> str:
        """Name the longest address that a text of digits and colons begins with; a time of day is none."""
        text = found[0]
        for end in range(min(len(text), LONGEST_ADDRESS), 1, -1):
            try:
                address = ip_address(text[:end])
            except ValueError:
                continue
            if address.is_loopback or address.is_unspecified:
                return text
            return self._name("address", str(address)) + text[end:]
        return text


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways in which a secret may stand in a text."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


def _pattern(written: str) -> str:
    bare = re.escape(written)
    return bare if len(written) >= LONG else rf"(?<!\w){bare}(?!\w)"


def _named(found: re.Match[str]) -> str:
    """Hide a value by its name, and leave the quotes around it."""
    name, between, value = found.groups()
    quote_ = _QUOTE.match(value)
    mark = quote_[0] if quote_ else ""
    return f"{name}{between}{mark}{HIDDEN}{mark}"


def _surely_named(found: re.Match[str]) -> str:
    """Hide a value by its name; a figure stays, unless the name is surely a secret's."""
    if not _SURE.search(found[1]) and _HARMLESS.match(found[3]):
        return found[0]
    return _named(found)
