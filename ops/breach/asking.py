"""What is asked for, as people type it, on the command line and on the page of the console."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network

from ops.breach.searching import Network, Wanted
from ops.spans import moment


class UnclearError(ValueError):
    """What was typed is not to be understood; the text says why."""


def network(text: str) -> Network:
    """Return an address, or a network, of an argument of a command."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise ArgumentTypeError("an address as 192.0.2.7, or a network as 192.0.2.0/24") from None


def wanted(typed: Mapping[str, str]) -> Wanted:
    """Return what a form asks for.

    Args:
        typed: the words by the names of ``Wanted``; what is missing or empty is not asked for.

    Raises:
        UnclearError: a word is not to be understood, or nobody is named.
    """
    given = {name: text for name in Wanted._fields if (text := typed.get(name, "").strip())}
    try:
        found = Wanted(
            _moment(given),
            until=moment(given["until"]) if "until" in given else None,
            network=network(given["network"]) if "network" in given else None,
            **{name: given[name] for name in ("actor", "session", "token", "request_id") if name in given},
        )
    except ArgumentTypeError as error:
        raise UnclearError(f"{error}.") from None
    if not found.names_somebody:
        raise UnclearError("Say whose acts: an actor, an address, a session, a token or a request.")
    return found


def _moment(given: Mapping[str, str]) -> datetime:
    if "since" not in given:
        raise UnclearError("Say since when: 2026-11-26T03:00Z, or a day.")
    return moment(given["since"])
