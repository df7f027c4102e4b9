"""The pages that programs show which tests start."""

import urllib.request
from urllib.error import URLError


def fetched(address: str) -> str:
    """Return a page; empty: nobody answers yet, or refuses."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # an address of ours
            text: str = answer.read().decode()
            return text
    except (URLError, OSError):
        return ""
