"""Tokens of mailed links. Source: design, section 6; HTTP contract, section 18 (rule 12)."""

import re

import pytest
from django.conf import settings
from django.test import override_settings

from ops import links
from ops.links import LinkKind

OTHER = "Another-Key-0123456789-abcdefghij-KLM"


def test_what_is_kept_does_not_hold_the_token_but_finds_it() -> None:
    link = links.issue(LinkKind.INVITATION, "inv_1")

    token = links.token(LinkKind.INVITATION, "inv_1", link)

    assert token is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token not in str(link.stored())
    assert links.digest(token) == link.digest
    assert links.token(LinkKind.INVITATION, "inv_1", link) == token


@pytest.mark.parametrize(
    ("kind", "target", "generation"),
    [
        (LinkKind.INVITATION, "inv_2", 1),
        (LinkKind.INVITATION, "inv_1", 2),
        (LinkKind.CONFIRM_EMAIL, "inv_1", 1),
        (LinkKind.RESET_PASSWORD, "inv_1", 1),
    ],
)
def test_another_kind_target_or_generation_has_another_token(
    kind: LinkKind, target: str, generation: int
) -> None:
    assert links.issue(kind, target, generation).digest != links.issue(LinkKind.INVITATION, "inv_1", 1).digest


def test_a_link_of_the_key_before_opens_until_that_key_goes() -> None:
    link = links.issue(LinkKind.INVITATION, "inv_1")
    before = links.token(LinkKind.INVITATION, "inv_1", link)

    with override_settings(LINK_SIGNING_KEYS=(OTHER, *settings.LINK_SIGNING_KEYS)):
        assert links.token(LinkKind.INVITATION, "inv_1", link) == before
        assert links.issue(LinkKind.INVITATION, "inv_1").key_id != link.key_id
    with override_settings(LINK_SIGNING_KEYS=(OTHER,)):
        assert links.token(LinkKind.INVITATION, "inv_1", link) is None
