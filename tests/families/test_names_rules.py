"""What a family is called. Source: HTTP contract, section 4 (name)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from families import rules

CONTROL = st.characters(categories=["Cc"])
LETTERS = st.text(st.characters(categories=["Lu", "Ll", "Lt", "Lo", "Nd"]), min_size=2, max_size=20)
PUNCTUATION = st.text(st.characters(categories=["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs"]), min_size=2)
BIDI = st.sampled_from("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
PREFIXES = ["family_", "team_", "admin_", "system_", "bot_", "service_"]


def code(name: str) -> str | None:
    fault = rules.name_fault(unicodedata.normalize("NFC", name))
    return fault.code if fault else None


@given(LETTERS)
def test_letters_and_digits_of_any_script_make_a_name(name: str) -> None:
    assert code(name) is None


@given(LETTERS, PUNCTUATION)
def test_letters_with_spaces_and_punctuation_make_a_name(letters: str, punctuation: str) -> None:
    assert code(letters + punctuation) in (
        {None} if "<" not in punctuation and ">" not in punctuation else {"invalid_format"}
    )


@given(PUNCTUATION)
def test_punctuation_and_spaces_alone_make_none(name: str) -> None:
    assert code(name) == "invalid_format"


@given(LETTERS, st.one_of(CONTROL, BIDI, st.sampled_from("<>")), LETTERS)
def test_control_characters_overrides_and_angle_brackets_stand_in_no_name(
    before: str, character: str, after: str
) -> None:
    assert code(before + character + after) == "invalid_format"


@given(st.sampled_from(PREFIXES), st.lists(st.booleans(), min_size=8, max_size=8), LETTERS)
def test_a_reserved_beginning_is_refused_in_any_case(prefix: str, upper: list[bool], rest: str) -> None:
    mixed = "".join(each.upper() if up else each for each, up in zip(prefix, [*upper], strict=False))

    assert code(mixed + rest) == "reserved"


@given(st.sampled_from(PREFIXES), LETTERS)
def test_a_reserved_beginning_is_refused_only_at_the_beginning(prefix: str, rest: str) -> None:
    assert code(f"The {prefix}{rest}") is None
    assert code(prefix.removesuffix("_") + " " + rest) is None


@given(st.text(max_size=100))
def test_every_name_is_taken_or_refused_by_a_code_of_the_contract(name: str) -> None:
    assert code(name) in {None, "invalid_format", "reserved"}


@pytest.mark.parametrize("name", ["42", "\u20ac\u20ac", "\U0001f426", "C+", "=1+1", "\u0967\u0968"])
def test_digits_symbols_and_emoji_are_more_than_punctuation(name: str) -> None:
    assert code(name) is None


@given(st.from_regex(r"[a-z0-9_-]{3,50}", fullmatch=True))
def test_the_name_made_for_a_founder_is_always_possible(username: str) -> None:
    name = rules.default_name(username)

    assert len(name) <= rules.NAME_LENGTH[1]
    assert code(name) in ({None} if not username.startswith(tuple(PREFIXES)) else {"reserved"})
