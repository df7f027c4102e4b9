"""Windows of limits: when one ends, and that not all end at once."""

from hypothesis import given
from hypothesis import strategies as st

from ops.limits.counting import window_end

SECONDS = st.sampled_from([1, 60, 900, 3600, 86_400])
NOW = st.integers(1_000_000_000, 4_000_000_000)


@given(whose=st.text(max_size=60), seconds=SECONDS, now=NOW)
def test_a_window_ends_now_or_before_its_length_is_over(whose: str, seconds: int, now: int) -> None:
    assert 0 <= window_end(whose, seconds, now) - now < seconds


@given(whose=st.text(max_size=60), seconds=SECONDS, now=NOW)
def test_a_caller_s_windows_follow_each_other_without_a_gap(whose: str, seconds: int, now: int) -> None:
    end = window_end(whose, seconds, now)

    assert window_end(whose, seconds, end) == end
    assert window_end(whose, seconds, end + 1) == end + seconds


def test_callers_windows_do_not_end_together() -> None:
    ends = {window_end(f"user:usr_{number}", 3600, 1_900_000_000) for number in range(100)}

    assert len(ends) > 90
