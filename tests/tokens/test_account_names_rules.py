"""What the account of a family is called. Source: HTTP contract, section 4 (account name)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tokens.rules import account_name_of


@given(st.text(max_size=100))
def test_an_account_name_is_the_prefix_and_a_slug_of_at_most_forty(name: str) -> None:
    assert re.fullmatch(r"family_(|[a-z0-9]|[a-z0-9][a-z0-9_]{0,38}[a-z0-9])", account_name_of(name))


@given(st.from_regex(r"[a-z0-9]{1,12}( [a-z0-9]{1,12}){0,2}", fullmatch=True))
def test_a_plain_name_is_its_slug(name: str) -> None:
    assert account_name_of(name) == "family_" + name.replace(" ", "_")
    assert account_name_of(name.upper()) == account_name_of(f" {name}! ") == account_name_of(name)
