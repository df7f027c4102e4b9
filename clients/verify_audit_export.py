"""Verify an export of the audit log: ``python3 verify_audit_export.py EXPORT KEY_FILE``.

Needs Python 3.11 and nothing else, in particular nothing of the system whose log it is. The key file holds
what ``AUDIT_KEY`` is set to there, all keys that were in use. Exit status 0: the export is whole, 1:
something is wrong, 2: it cannot be read.

What is verified stands in ``docs/audit.md``.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

FORMAT = "audit-export/1"
GENESIS = "0" * 64
LEFT_OUT = frozenset({"hash", "private"})
# What a head is told by.
SIGNED = ("_id", "seq", "hash", "key_id", "mac")
Form: TypeAlias = Mapping[str, Any]
Keys: TypeAlias = Mapping[str, bytes]


class UnreadableError(Exception):
    """The export is no export, or a line of it no JSON."""


def keys_in(text: str) -> dict[str, bytes]:
    """Return the keys of a key file by their fingerprints."""
    secrets = [each.strip().encode() for each in text.replace("\n", ",").split(",") if each.strip()]
    return {hashlib.sha256(b"kid:" + each).hexdigest()[:16]: each for each in secrets}


def faults(lines: Iterable[str], keys: Keys) -> Iterator[str]:
    """Yield what is wrong with an export, line by line.

    Raises:
        UnreadableError: it is no export.
    """
    forms = (_read(line) for line in lines if line.strip())
    header = next(forms, None)
    if header is None or header.get("format") != FORMAT:
        raise UnreadableError("This is no export of an audit log.")
    if not _is_signed(header, "export", keys):
        yield "the first line is not as it was exported"
        return
    seq, previous = header["first"] - 1, GENESIS if header["first"] == 1 else None
    for entry in forms:
        number = entry.get("seq")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            yield f"{entry.get('_id')} has no number of the chain"
        elif number <= seq:
            yield f"{entry.get('_id')} has the number {number}, as another has"
        else:
            if number > seq + 1:
                yield f"numbers {seq + 1} to {number - 1} are missing"
                previous = None
            yield from _faults_of_seal(entry, keys, with_private=header["private"])
            if previous not in (None, entry.get("previous")):
                yield f"{entry.get('_id')} was sealed after another one than number {seq}"
            seq, previous = number, str(entry.get("hash"))
    yield from _faults_of_end(header, seq, previous, keys)


def _faults_of_seal(entry: Form, keys: Keys, *, with_private: bool) -> Iterator[str]:
    name, key = entry.get("_id"), _key(entry, keys)
    if key is None:
        yield f"{name} was sealed by a key that is not in the key file"
        return
    sealed = {field: value for field, value in entry.items() if field not in LEFT_OUT}
    if _digest(key, "entry", sealed) != entry.get("hash"):
        yield f"{name} is not what was sealed"
    private = entry.get("private")
    is_there = with_private and private != {}
    if is_there and _digest(key, "private", [name, private]) != entry.get("private_digest"):
        yield f"{name}: its private part is not what was sealed"


def _faults_of_end(header: Form, seq: int, previous: str | None, keys: Keys) -> Iterator[str]:
    last, head = header["last"], header["head"]
    if last is not None and seq < last:
        yield f"numbers {seq + 1} to {last} are missing"
    if last is not None and seq > last:
        yield f"there are entries after number {last}, which is the last"
    if not header["to_the_head"]:
        return
    if head is None:
        if seq:
            yield "the chain has no head"
    elif not _is_signed({name: head.get(name) for name in SIGNED}, "head", keys):
        yield "the chain's head is not as it was written"
    elif seq == head["seq"] and previous not in (None, head["hash"]):
        yield f"number {seq} is not the entry that the chain's head is of"


def _is_signed(form: Form, what: str, keys: Keys) -> bool:
    key = _key(form, keys)
    signed = {name: value for name, value in form.items() if name != "mac"}
    return key is not None and _digest(key, what, signed) == form.get("mac")


def _key(form: Form, keys: Keys) -> bytes | None:
    named = form.get("key_id")
    return keys.get(named) if isinstance(named, str) else None


def _digest(key: bytes, what: str, form: Any) -> str:
    text = json.dumps(form, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, f"{what}\n{text}".encode(), hashlib.sha256).hexdigest()


def _read(line: str) -> dict[str, Any]:
    try:
        form = json.loads(line, object_pairs_hook=_object)
    except ValueError as error:
        raise UnreadableError(f"A line is no JSON: {error}") from None
    if not isinstance(form, dict):
        raise UnreadableError("A line is no JSON object.")
    return form


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "it holds a name twice"
        raise ValueError(msg)
    return found


def main(export: str, key_file: str) -> int:
    """Verify a file, print what is wrong; returns the exit status."""
    found = 0
    try:
        keys = keys_in(Path(key_file).read_text())
        with Path(export).open() as lines:
            for fault in faults(lines, keys):
                found += 1
                print(fault)
    except (OSError, UnreadableError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{found} faults." if found else "The export is whole.")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004  # the program's name and two files
        sys.exit("Usage: python3 verify_audit_export.py EXPORT KEY_FILE")
    sys.exit(main(*sys.argv[1:]))
