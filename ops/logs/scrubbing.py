"""Taking out of a text what no log may hold, where others wrote the text: exceptions and libraries.

Our own events hold ids, so there is nothing to take out. But the message of an exception may quote a
document, and a library's line the address that it connects to.
"""

import re

HIDDEN = "…"
_SECRETS = (
    # A password in an address, before the look for e-mail addresses takes a part of it.
    (re.compile(r"(?<=://)[^/\s@]+(?=@)"), HIDDEN),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), f"{HIDDEN}@{HIDDEN}"),
    # What MongoDB says of a duplicate quotes the value.
    (re.compile(r"dup key: \{[^}]*\}|'keyValue': \{[^}]*\}"), f"dup key: {HIDDEN}"),
    (re.compile(r"eyJ[\w-]+(?:\.[\w-]*)+"), HIDDEN),
    # Tokens of links and of people: long, with digits and capitals, as no name in the code is.
    (re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}"), HIDDEN),
    (re.compile(r"\?[\w.-]+=[^\s'\"]*"), f"?{HIDDEN}"),
)


def scrubbed(text: str) -> str:
    """Return a text without addresses, tokens, passwords of addresses and query strings."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text
