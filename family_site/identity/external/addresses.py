"""Which addresses of a provider are taken; the settings ask it, too, before Django is there."""

from urllib.parse import urlsplit

from ops.addresses import LOOPBACK

HERE = LOOPBACK | {"localhost"}


def fault(address: str) -> str | None:
    """Say what is wrong with an address that secrets are sent to; ``None``: nothing is."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if not address.isascii() or not address.isprintable() or any(each in address for each in " ;,\"'<>\\"):
        return "has signs that an address cannot hold"
    if not host or port == 0 or parts.username is not None or parts.fragment:
        return "must be https://, a host and a path"
    if parts.scheme == "https" or (parts.scheme == "http" and host in HERE):
        return None
    return "must begin with https:// (http:// only on this machine)"


def origin(address: str) -> str:
    """Return scheme, host and port of an address that has no fault, as a browser compares them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.lower()}"
