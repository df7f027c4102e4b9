"""/admin/runbook/: its pages as they are written, all escaped, with what doctor saw and what mends it."""

from datetime import timedelta
from pathlib import Path

import pytest

from ops import clock
from ops.doctor import registry
from ops.runbook import pages
from tests.console import Console
from tests.ops.health_console.conftest import OK, See, Tried
from tests.ops.health_console.test_health_pages import DEAD

PATH = "/admin/runbook/5/"
PAGE = """# 5. Performance <slow>

Symptoms: **slow** responses, see [the page](../x.md), `<b>` & <script>alert(1)</script>
on two lines.

## Looking

- one `free -h`
  goes on
- [ ] two

| a | b |
|---|---|
| `x` | <i> |

### The machine

<!-- R050; kind: endless -->
```bash
htop <&1
```
- Danger: never ends; `q` ends it.
- Instead: `top -b -n 1`

<!-- 5.1 5.2; kind: look -->
```text
# no heading
```

Escalate to <whom>.
"""


@pytest.fixture
def page_five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page of the runbook, and no other."""
    (tmp_path / "05-performance.md").write_text(PAGE)
    (found,) = pages.all_pages(tmp_path)
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    monkeypatch.setattr(pages, "all_pages", lambda: [found])
    monkeypatch.setattr(pages, "page", lambda number: found if number == found.number else None)


@pytest.mark.usefixtures("page_five")
def test_a_page_is_shown_as_it_is_written_and_nothing_in_it_is_html(operator: Console) -> None:
    page = operator.get(PATH)

    for part in (
        "<h1>5. Performance &lt;slow&gt;</h1>",
        "<p>Symptoms: <strong>slow</strong> responses, see the page, <code>&lt;b&gt;</code> &amp; ",
        "&amp; &lt;script&gt;alert(1)&lt;/script&gt; on two lines.</p>",
        "<h2>Looking</h2>",
        "<ul><li>one <code>free -h</code> goes on</li><li>two</li></ul>",
        "<tr><td><code>x</code></td><td>&lt;i&gt;</td></tr>",
        "<h3>The machine</h3>",
        "<pre><code>htop &lt;&amp;1</code></pre>",
        "<p>Escalate to &lt;whom&gt;.</p>",
    ):
        assert part in page.html, part
    assert "Danger: never ends; q ends it." in page.text
    assert 'id="R050"' in page.html
    assert "R050 has no end" in page.text
    assert "5.1, 5.2 looks # no heading" in page.text
    assert page.text.count("top -b -n 1") == 1


@pytest.mark.usefixtures("page_five")
def test_a_page_shows_what_doctor_saw_of_its_section(operator: Console, see: See) -> None:
    first, *_ = registry.checks(5)
    see(**{first.name: DEAD})

    page = operator.get(PATH)

    rows = {row[0]: row[1:] for row in page.table("What doctor last saw of this section")}
    assert list(rows) == [each.name for each in registry.checks(5)]
    assert rows[first.name] == ["failed", "127.0.0.1:6379: <refused>; second line"]
    assert {row[0] for name, row in rows.items() if name != first.name} <= {"-"}


@pytest.mark.usefixtures("page_five")
def test_a_page_says_when_what_doctor_saw_is_old(operator: Console, see: See) -> None:
    see(clock.now() - timedelta(minutes=4), profiler=OK)
    assert "that is too long ago" in operator.get(PATH).text

    see(profiler=OK)
    assert "that is too long ago" not in operator.get(PATH).text


@pytest.mark.usefixtures("page_five")
def test_a_page_leads_to_its_fixes_with_their_danger(operator: Console, tried: Tried) -> None:
    page = operator.get(PATH)

    assert "/admin/runbook/fix/kill_it/" in page.links
    assert "End an operation <at once>… what it did <so far> is undone" in page.text
    assert "<at once>" not in page.html
    assert tried.applied == []


@pytest.mark.usefixtures("page_five", "tried")
def test_the_contents_say_how_each_section_is(operator: Console, see: See) -> None:
    first, *_ = registry.checks(5)
    see(**{first.name: DEAD})

    page = operator.get("/admin/runbook/")

    assert page.table("Sections") == [["Section 5: Performance <slow>", "failed", "2", "kill_it"]]
    assert PATH in page.links


@pytest.mark.usefixtures("page_five")
@pytest.mark.parametrize("number", [4, 0, 10**30])
def test_a_page_that_is_not_there_is_not_found(operator: Console, number: int) -> None:
    assert operator.get(f"/admin/runbook/{number}/").status == 404


def test_every_page_there_is_opens_with_all_its_steps(operator: Console) -> None:
    every = pages.all_pages()
    assert every
    for each in every:
        page = operator.get(f"/admin/runbook/{each.number}/")
        assert page.status == 200
        missing = [step.ids for step in each.steps if f'id="{step.ids[0]}"' not in page.html]
        assert missing == [], each.number


def test_a_broken_page_hides_no_health(operator: Console, see: See, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise pages.PageError("01-x.md:3: broken")

    see(redis=DEAD)
    monkeypatch.setattr(pages, "all_pages", fail)

    page = operator.get("/admin/health/")

    assert page.status == 200
    assert "Section 3" in page.text
    assert "/admin/runbook/3/" not in page.links
