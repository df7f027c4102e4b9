"""Forms, texts and seals, without a database. Source: docs/audit.md."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.audit import chain
from ops.audit.chain import GENESIS, Place, form_of, key_of, text_of
from ops.audit.run import Run
from tests.ops.audit.sealed_log import faults_outside

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SECRET = "Some-Key-0123456789-abcdefghij-KLMNO"
KEY = key_of(SECRET)
KEYS = {KEY.id: KEY}


def in_milliseconds(moment: datetime) -> datetime:
    """Return a time as the database keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.datetimes(timezones=st.just(UTC)).map(in_milliseconds)
)
names = st.sampled_from(["a", "b", "$date", "$$date", "$other", "ä"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def typed(value: Any) -> Any:
    """Return what two values agree in only if they are the same to the database."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    return type(value).__name__, repr(value)


@given(values, values)
def test_two_values_have_one_text_only_if_they_are_one(one: Any, other: Any) -> None:
    assert (text_of(form_of(one)) == text_of(form_of(other))) == (typed(one) == typed(other))


@given(values)
def test_a_text_that_was_read_has_the_same_text(value: Any) -> None:
    text = text_of(form_of(value))

    assert text_of(json.loads(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": NOW}, '{"a":{"$date":"2026-11-26T09:30:00.000Z"},"b":1}'),
        ({"$date": "2026-11-26T09:30:00.000Z"}, '{"$$date":"2026-11-26T09:30:00.000Z"}'),
        ([1, 1.0, True, None, "é"], '[1,1.0,true,null,"\\u00e9"]'),
        (b"x", '{"$other":["bytes","b\'x\'"]}'),
    ],
)
def test_a_text_is_as_it_is_documented(value: Any, text: str) -> None:
    assert text_of(form_of(value)).decode() == text


@given(st.lists(st.dictionaries(names, values, max_size=3), max_size=5), st.data())
def test_whatever_is_sealed_is_whole_and_nothing_can_be_changed(contents: list[Any], data: Any) -> None:
    entries, previous = [], GENESIS
    for number, content in enumerate(contents, start=1):
        entry = {"_id": f"aud_{number}", "what": content, "private": {"reason": number}}
        entry |= chain.seal(entry, Place(number, previous, None), KEY, now=NOW)
        previous = entry["hash"]
        entries.append(entry)

    assert _faults(entries) == []
    if entries:
        chosen = data.draw(st.sampled_from(entries))
        before, chosen["what"] = chosen["what"], data.draw(values)
        assert (_faults(entries) == []) == (typed(before) == typed(chosen["what"]))


def test_an_export_made_by_hand_from_the_documentation_is_whole() -> None:
    """Figures that anybody can compute anew, so that neither verifier can change without the other."""
    entry: dict[str, Any] = {"_id": "aud_1", "at": NOW, "private": {"reason": "none"}}
    entry |= chain.seal(entry, Place(1, GENESIS, None), KEY, now=NOW)
    head = chain.head("audit_log", (1, entry["hash"]), KEY)
    span = {"first": 1, "last": 1, "to_the_head": True}
    said = {"format": "audit-export/1", **span, "head": head, "private": True}

    lines = [json.dumps(each) for each in (chain.signed(said, KEY), form_of(entry))]

    assert KEY.id == "3d426a7e98e04d3b"
    assert entry["hash"] == "41ef9e970724edabab63280f0b6c5d957294e80b3d922cc7e921764f0f913625"
    assert faults_outside(lines, [SECRET]) == []


def _faults(entries: list[dict[str, Any]]) -> list[str]:
    run = Run(KEYS)
    return [finding.sentence for entry in entries for finding in run.take(form_of(entry))]
