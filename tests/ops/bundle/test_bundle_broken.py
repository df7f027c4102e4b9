"""A bundle is worth having whatever is dead, hangs or breaks: what is missing says so, and no more is."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops import clock
from ops.bundle import parts, scene, taking
from ops.bundle.errors import CannotReadError
from ops.bundle.masking import Mask
from ops.bundle.part import Part, Piece
from ops.bundle.scene import Scene, Shared
from ops.doctor.whereabouts import Whereabouts
from tests.ops.bundle.conftest import DEAD_MONGODB, DEAD_REDIS, Take
from tests.ops.bundle.lines import busy
from tests.ops.doctor.processes import redis_of, stopped

NO_MONGODB, NO_REDIS = "MongoDB does not answer", "Redis does not answer: ConnectionError"
OF_MONGODB = {"E05", "E06", "E12", "E14", "E16", "E17", "E19", "E23", "E24"}
OF_REDIS = {"E07", "E08", "E09", "E19", "E21"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("dead", "lacking"),
    [
        pytest.param({"mongodb": DEAD_MONGODB}, {NO_MONGODB: OF_MONGODB, NO_REDIS: set()}, id="mongodb"),
        pytest.param(
            {"redis": DEAD_REDIS, "broker": DEAD_REDIS},
            {NO_MONGODB: set(), NO_REDIS: OF_REDIS},
            id="redis",
        ),
        pytest.param(
            {"mongodb": DEAD_MONGODB, "redis": DEAD_REDIS, "broker": DEAD_REDIS},
            {NO_MONGODB: OF_MONGODB, NO_REDIS: OF_REDIS},
            id="both",
        ),
    ],
)
def test_a_server_that_is_dead_costs_its_own_pieces_and_no_others(
    take: Take, where: Whereabouts, tmp_path: Path, dead: dict[str, Any], lacking: dict[str, set[str]]
) -> None:
    taken = take(at=replace(where, **dead), file=busy(tmp_path / "log"))

    found = {why: {part for part, whys in taken.missing.items() if why in whys} for why in lacking}
    assert found == lacking
    assert len([name for name in taken.files if re.match(r"E\d\d.*\.txt$", name)]) == len(parts.PARTS)
    assert "family.created" in taken["E22"]
    assert re.search(r"^memory +[\d.]+ GiB", taken["E06"], re.MULTILINE)
    assert '"msg": "client metadata"' in taken["E04"]
    assert "Ready to accept connections" in taken["E07"]
    assert re.search(r"^1 +family_create +user$", taken["E20"], re.MULTILINE)
    for part, whys in taken.missing.items():
        for why in whys:
            assert f"Could not be read: {why}." in taken[part]


@pytest.mark.long
def test_a_redis_that_hangs_is_not_waited_for(
    take: Take, where: Whereabouts, redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, "ANSWER_SECONDS", 0.2)

    with stopped(redis_of(redis)):
        taken = take(3, at=replace(where, redis=redis, broker=redis))

    silent = "Redis does not answer: TimeoutError"
    assert taken.missing == {"E07": {silent}, "E08": {silent}, "E09": {silent}}
    assert "Ready to accept connections" in taken["E07"]


def test_where_nothing_runs_the_reason_is_told(take: Take, where: Whereabouts) -> None:
    taken = take(3, at=replace(where, mongodb=None, redis=None, broker=None))

    assert taken.missing["E07"] == {"Redis was not started, or nothing says where it is"}
    assert "the Redis of the jobs' queue was not started, or nothing says where it is" in taken.missing["E08"]


@pytest.mark.long
def test_broken_settings_cost_what_only_they_know(take: Take, where: Whereabouts, tmp_path: Path) -> None:
    at = replace(where, faults=("PORT is not right",), origins={"PORT": "in .env", "HOME": "in this shell"})

    taken = take(at=at, file=busy(tmp_path / "log"))

    assert "PORT is not right" in taken["E03"]
    assert re.search(r"^PORT +… \(set, not shown\) +in \.env$", taken["E03"], re.MULTILINE)
    assert "HOME" not in taken["E03"]
    assert re.search(r"^127\.0\.0\.1:\d+ +PRIMARY", taken["E05"], re.MULTILINE)
    assert "E05" not in taken.missing
    assert taken.missing["E19"] == {scene.BROKEN}


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (lambda _: str(threading.Event().wait()), "no answer within 0.1 s"),
        (lambda _: 1 / 0, "reading it failed: ZeroDivisionError"),
        (lambda _: int("secret words"), "reading it failed: ValueError"),
    ],
    ids=["hangs", "breaks", "quotes"],
)
def test_a_piece_that_hangs_or_breaks_says_so_in_its_place(
    where: Whereabouts, read: Callable[[Scene], str], why: str
) -> None:
    pieces = (Piece("Bad", "nowhere", read, 0.1), Piece("Good", "somewhere", lambda _: "as it should be"))
    now = clock.now()

    bundle = taking.take(
        [Part(1, 1, "Some part", pieces)],
        Shared(where, now, None),
        Mask([]),
        now=now,
        span=timedelta(hours=1),
    )

    (part,) = [each.content.decode() for each in bundle.files if each.name == "E01-some-part.txt"]
    assert f"== Bad (nowhere) ==\nCould not be read: {why}." in part
    assert part.endswith("== Good (somewhere) ==\nas it should be\n")
    (missing,) = bundle.missing
    assert (missing.part, missing.what, missing.why) == ("E01-some-part", "Bad", why)


def test_of_a_long_piece_the_end_is_kept(where: Whereabouts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_LETTERS", 10)
    now = clock.now()
    part = Part(1, 1, "Some part", (Piece("Long", "somewhere", lambda _: "beginning and the end"),))

    bundle = taking.take([part], Shared(where, now, None), Mask([]), now=now)

    (text,) = [each.content.decode() for each in bundle.files if each.name == "E01-some-part.txt"]
    assert text.endswith("The first 11 letters are left out.\nnd the end\n")


def test_a_file_that_is_not_there_is_named(take: Take, tmp_path: Path) -> None:
    taken = take(8, file=tmp_path / "gone")

    assert f"{tmp_path / 'gone'} cannot be read: No such file or directory" in taken.missing["E22"]


def test_a_secret_in_the_reason_is_masked(where: Whereabouts) -> None:
    def read(_: Scene) -> str:
        raise CannotReadError("no redis://app:hunter2@cache/0 for wren@example.com")

    now = clock.now()
    part = Part(1, 1, "Some part", (Piece("Bad", "nowhere", read),))

    bundle = taking.take([part], Shared(where, now, None), Mask([]), now=now)

    assert [each.why for each in bundle.missing] == ["no redis://…@cache/0 for …@…"]
    assert not any(b"hunter2" in each.content or b"wren" in each.content for each in bundle.files)
