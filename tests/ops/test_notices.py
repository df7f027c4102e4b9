"""Types of notices, what somebody prefers of them, and what must not be told. Source: HTTP contract, 12."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import clock, notices
from ops.mongo.unit_of_work import unit_of_work
from ops.notices import NoticeType, Preferences, kinds
from ops.notices.kinds import Way
from ops.outbox.queue import queue_each
from tests import commands
from tests.database import documents
from tests.factories import Person, new_person

USE = st.booleans()
TYPES = st.builds(
    NoticeType,
    st.sampled_from(["kettle_boiled", "tea_ready"]),
    st.just("Tea"),
    st.just("{who} made tea."),
    fixed=USE,
    mailed=USE,
    own_mail=USE,
    fixed_mail=USE,
)
WAYS = st.dictionaries(st.sampled_from([str(way) for way in Way]), USE)
PREFERENCES = st.builds(Preferences, USE, st.dictionaries(st.sampled_from(["kettle_boiled", "other"]), WAYS))


@pytest.fixture
def kettle(monkeypatch: pytest.MonkeyPatch) -> NoticeType:
    """A type of the tests' own, gone after the test."""
    monkeypatch.setattr(kinds, "_types", copy.copy(kinds._types))  # noqa: SLF001  # put back after
    kind = NoticeType("kettle_boiled", "The kettle of {who}", "{who} made tea.", mailed=True)
    notices.register(kind)
    return kind


@unit_of_work()
def tell(*people: Person, **options: Any) -> Any:
    ids = [each.id for each in people]
    return notices.tell(ids, "kettle_boiled", data={"who": "ada"}, now=clock.now(), **options)


@given(TYPES, PREFERENCES)
def test_a_fixed_way_is_gone_whatever_anybody_prefers(kind: NoticeType, preferred: Preferences) -> None:
    wanted = {way: preferred.wants(kind, way) for way in Way}

    for way, use in kind.ways.items():
        if use.fixed:
            assert wanted[way] == preferred.chosen(kind, way) == use.default
    if kind.fixed:
        assert wanted == {Way.IN_APP: True, Way.EMAIL: kind.mailed}


@given(TYPES, PREFERENCES)
def test_what_somebody_chose_holds_unless_they_want_no_mail(kind: NoticeType, preferred: Preferences) -> None:
    for way, use in kind.ways.items():
        said = preferred.kinds.get(kind.name, {}).get(way)
        if use.fixed:
            continue
        assert preferred.chosen(kind, way) == (use.default if said is None else said)
        is_kept_off = way == Way.EMAIL and not preferred.mails
        assert preferred.wants(kind, way) == (preferred.chosen(kind, way) and not is_kept_off)


@given(TYPES)
def test_who_prefers_nothing_gets_what_the_type_has(kind: NoticeType) -> None:
    nothing = Preferences()

    assert {way: nothing.wants(kind, way) for way in Way} == {Way.IN_APP: True, Way.EMAIL: kind.mailed}


def test_types_are_found_by_their_name_and_tell_their_words(kettle: NoticeType) -> None:
    assert notices.named(kettle.name) is kettle
    assert kettle in notices.registered()
    assert notices.words(kettle.name, {"who": "ada"}) == ("The kettle of ada", "ada made tea.")
    with pytest.raises(KeyError):
        notices.named("nothing_happened")


@pytest.mark.usefixtures("kettle")
def test_a_notice_outside_of_a_unit_of_work_is_refused(person: Person) -> None:
    for name in ("kettle_boiled", "nothing_happened"):
        with pytest.raises(RuntimeError, match="belongs in the unit of work"):
            notices.tell([person.id], name, data={"who": "ada"}, now=clock.now())

    assert documents("notifications", "email_outbox") == {"notifications": [], "email_outbox": []}


@pytest.mark.usefixtures("kettle")
@pytest.mark.parametrize(("name", "data"), [("nothing_happened", {"who": "ada"}), ("kettle_boiled", {})])
def test_what_cannot_be_put_into_words_is_told_to_nobody(
    person: Person, name: str, data: dict[str, str]
) -> None:
    @unit_of_work()
    def wordless() -> None:
        tell(person)
        notices.tell([person.id], name, data=data, now=clock.now())

    with pytest.raises(KeyError):
        wordless()
    assert documents("notifications", "email_outbox") == {"notifications": [], "email_outbox": []}


@pytest.mark.usefixtures("kettle")
def test_a_notice_and_its_mail_go_with_the_change_that_fails(person: Person) -> None:
    @unit_of_work()
    def failing() -> None:
        tell(person)
        raise LookupError

    with pytest.raises(LookupError):
        failing()
    assert documents("notifications", "email_outbox") == {"notifications": [], "email_outbox": []}


@pytest.mark.usefixtures("kettle")
def test_who_is_named_twice_is_told_once_and_nobody_costs_nothing(person: Person) -> None:
    with commands.recorded() as sent:
        assert tell() == {}
    assert commands.steps(sent) == []

    tell(person, person, family_id="fam_1")

    (notice,) = documents("notifications")["notifications"]
    (mail,) = documents("email_outbox")["email_outbox"]
    assert (notice["user_id"], notice["family_id"], notice["status"]) == (person.id, "fam_1", "unread")
    assert (mail["to"], mail["template"]) == (person.email, "notice")


def test_a_mail_of_its_own_is_left_to_whoever_tells(kettle: NoticeType) -> None:
    ada, bert = new_person("ada"), new_person("bert")
    notices.register(replace(kettle, own_mail=True))

    assert tell(ada, bert) == {ada.id: ada.email, bert.id: bert.email}
    assert tell(ada, bert, mail_to=[bert.id]) == {bert.id: bert.email}

    assert len(documents("notifications")["notifications"]) == 4
    assert documents("email_outbox")["email_outbox"] == []


def test_many_mails_outside_of_a_unit_of_work_are_refused(kettle: NoticeType) -> None:
    letters = [notices.mail.letter("ntf_1", to="ada@example.com")]

    with pytest.raises(RuntimeError, match="belongs in the unit of work"):
        queue_each(letters, now=clock.now())
    assert queue_each([], now=clock.now()) == []
    assert kettle.mailed
    assert documents("email_outbox")["email_outbox"] == []
