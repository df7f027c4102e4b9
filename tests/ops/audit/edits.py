"""Ways in which an entry of the audit log can be changed past the product: each tells what is to be found.

Source: HTTP contract, section 13; design, section 5.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ops.audit.chain import key_of
from tests.ops.audit.sealed_log import Log, Named

Tampering = Callable[[Log], Named]
ALTERED = {"ALTERED": 1}
THEIRS = key_of("Another-Key-0123456789-abcdefghij-KLM")

# One field each, of every sort that there is.
EDITS: Mapping[str, tuple[str, Any]] = {
    "who": ("actor", "user_2"),
    "what_sort_of_actor": ("actor_kind", "staff"),
    "whether_as_staff": ("as_staff", True),
    "what": ("action", "family.created"),
    "on_what": ("target", "fam_9"),
    "of_which_family": ("family_id", "fam_2"),
    "of_no_family": ("family_id", None),
    "what_was_before": ("before.settings.visibility", "open"),
    "what_is_after": ("after.settings.hours", 5),
    "in_which_request": ("request_id", "request-2"),
    "in_which_shape": ("v", 2),
    "a_number_of_another_type": ("v", 1.0),
    "a_number_as_text": ("v", "1"),
    "a_truth_value_as_a_number": ("as_staff", 0),
    "something_more": ("note", "for bread"),
    "something_more_within": ("after.settings.note", None),
    "its_number_in_the_family": ("family_seq", 3),
    "its_digest_of_private": ("private_digest", "0" * 64),
    "the_hash_before": ("previous", "0" * 64),
    "its_hash": ("hash", "0" * 64),
    "no_hash": ("hash", None),
}


def edit(path: str, value: Any) -> Tampering:
    """Return what changes one field of an entry."""

    def tamper(log: Log) -> Named:
        log.change(3, **{path.replace(".", "__"): value})
        # What follows names the hash that was there.
        is_private, is_linked = path == "private_digest", path in {"hash", "previous"}
        return ALTERED | ({"PRIVATE": 1} if is_private else {}) | ({"REORDERED": 1} if is_linked else {})

    return tamper


def the_time(log: Log) -> Named:
    log.change(3, at=log.at(3) + timedelta(milliseconds=1))
    return ALTERED


def the_time_is_text(log: Log) -> Named:
    log.change(3, at=log.at(3).isoformat())
    return ALTERED


def when_it_was_sealed(log: Log) -> Named:
    log.change(3, sealed_at=log.at(3))
    return ALTERED


def a_field_is_gone(log: Log) -> Named:
    log.take_away(3, "as_staff")
    return ALTERED


def by_which_key(log: Log) -> Named:
    log.change(3, key_id=THEIRS.id)
    return {"UNKNOWN_KEY": 1}


def private_is_edited(log: Log) -> Named:
    log.change(3, private__reason="another")
    return {"PRIVATE": 1}


def private_is_half_blanked(log: Log) -> Named:
    log.take_away(3, "private.reason")
    return {"PRIVATE": 1}


def private_is_gone(log: Log) -> Named:
    log.take_away(3, "private")
    return {"PRIVATE": 1}


def private_parts_are_swapped(log: Log) -> Named:
    one, other = log[2]["private"], log[4]["private"]
    log.change(2, private=other)
    log.change(4, private=one)
    return {"PRIVATE": 2}


def private_parts_are_swapped_with_their_digests(log: Log) -> Named:
    one, other = ({name: log[seq][name] for name in ("private", "private_digest")} for seq in (2, 4))
    log.change(2, **other)
    log.change(4, **one)
    return {"ALTERED": 2, "PRIVATE": 2}


EDITED: tuple[Tampering, ...] = (
    the_time,
    the_time_is_text,
    when_it_was_sealed,
    a_field_is_gone,
    by_which_key,
    private_is_edited,
    private_is_half_blanked,
    private_is_gone,
    private_parts_are_swapped,
    private_parts_are_swapped_with_their_digests,
)
