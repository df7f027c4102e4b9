"""The pages of the runbook, as programs read them."""

from pathlib import Path

import pytest

from ops.runbook import pages
from ops.runbook.pages import Kind, PageError, Step

WHOLE = """# 3. Redis

Symptoms: S07.

## Looking

### Does it answer?

Healthy: `PONG`,
and soon. See [1](01-first.md#there).

Faulty: nothing.

<!-- R032 3.1; kind: look -->
```bash
redis-cli ping
```

### Empty it

<!-- R040; kind: change -->
```bash
redis-cli \\
  flushall
```
- Danger: frees whoever is limited, as
  [R036](#restart).
- Instead: `manage.py clear_cache` is better.

The end.
"""


def written(folder: Path, text: str, name: str = "03-redis.md") -> Path:
    (folder / name).write_text(text)
    return folder


def test_a_step_is_its_block_with_what_is_said_around_it(tmp_path: Path) -> None:
    page = pages.page(3, written(tmp_path, WHOLE))

    assert page is not None
    assert (page.number, page.name, page.title) == (3, "redis", "Redis")
    assert page.steps == (
        Step(
            ("R032", "3.1"),
            "Does it answer?",
            "redis-cli ping",
            "bash",
            "Healthy: `PONG`, and soon. See 1.\nFaulty: nothing.",
            None,
            None,
            Kind.LOOK,
        ),
        Step(
            ("R040",),
            "Empty it",
            "redis-cli \\\n  flushall",
            "bash",
            "",
            "frees whoever is limited, as R036.",
            "manage.py clear_cache",
            Kind.CHANGE,
        ),
    )


def test_there_is_no_page_of_another_number(tmp_path: Path) -> None:
    assert pages.page(4, written(tmp_path, WHOLE)) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("# 3. Redis", "# 4. Redis", 1, "the first line is `# 3. <title>`"),
        ("; kind: look", "", 14, "the comment of a block is"),
        ("kind: look", "kind: stare", 14, "the kind of a block is one of look, change"),
        ("R032 3.1", "R032 4.1", 14, "4.1 is no id of this page"),
        ("R032 3.1", "R32", 14, "R32 is no id of this page"),
        ("R040", "R032", 21, "R032 stands twice"),
        ("<!-- R032 3.1; kind: look -->\n", "", 14, "a block without a comment before it"),
        ("look -->\n", "look -->\n\n", 14, "behind the comment comes a block with its language"),
        ("```bash\nredis-cli ping", "```\nredis-cli ping", 14, "behind the comment comes a block"),
        ("  flushall\n```\n", "  flushall\n", 21, "a block without an end"),
        ("- Danger: frees whoever is limited, as\n  [R036](#restart).\n", "", 21, "what it can break"),
        ("`manage.py clear_cache` is", "that is", 21, "between backticks"),
        ("kind: look", "kind: endless", 14, "has another in its place"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, fault: str) -> None:
    assert old in WHOLE
    folder = written(tmp_path, WHOLE.replace(old, new, 1))

    with pytest.raises(PageError) as told:
        pages.all_pages(folder)

    assert str(told.value).startswith(f"{tmp_path}/03-redis.md:{line}: ")
    assert fault in str(told.value)


def test_a_page_has_a_number_in_its_name_and_no_id_stands_on_two(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"the name of a page is <NN>-<name>\.md"):
        pages.all_pages(written(tmp_path, WHOLE, "3-redis.md"))
    (tmp_path / "3-redis.md").unlink()
    written(tmp_path, WHOLE)
    written(tmp_path, "# 4. More\n\n## On\n\n<!-- R032; kind: look -->\n```bash\ndate\n```\n", "04-more.md")

    with pytest.raises(PageError, match="R032 stands on page 3 and on page 4"):
        pages.all_pages(tmp_path)


def test_the_runbook_has_all_its_sections_and_every_line_once() -> None:
    found = pages.all_pages()

    assert [page.number for page in found] == list(range(1, 19))
    ids = [name for page in found for step in page.steps for name in step.ids if name.startswith("R")]
    assert sorted(ids) == [f"R{number:03}" for number in range(1, 114)]
    assert [page.number for page in found if not page.steps] == []


def test_our_own_steps_are_numbered_in_order() -> None:
    for page in pages.all_pages():
        own = [name for step in page.steps for name in step.ids if not name.startswith("R")]
        assert own == [f"{page.number}.{place}" for place in range(1, len(own) + 1)]
