"""The pages of the runbook, as they lie in ``docs/runbook``: plain Markdown that programs can read, too.

Before each block stands a comment with its ids and its kind, behind it what people read as a list::

    <!-- R006; kind: change -->
    ```bash
    sudo systemctl restart sbd-api
    ```
    - Danger: cuts the requests that are going on.
    - Instead: `manage.py support_bundle --section 1`, and only then restart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "runbook"
_NAME = re.compile(r"(?P<number>\d\d)-(?P<name>[a-z-]+)\.md")
_TITLE = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)")
_MARK = re.compile(r"<!-- (?P<ids>[^;]+); kind: (?P<kind>[a-z]+) -->")
_ID = re.compile(r"R\d{3}|(?P<page>\d+)\.\d+")
_FENCE = re.compile(r"```(?P<language>[a-z]*)")
_COMMAND = re.compile(r"`(?P<command>[^`]+)`")
_LINK = re.compile(r"\[(?P<words>[^\]]+)\]\([^)]+\)")
DANGER, INSTEAD = "- Danger: ", "- Instead: "


class Kind(StrEnum):
    """What typing a step does."""

    LOOK = "look"
    CHANGE = "change"
    ENDLESS = "endless"
    PLACEHOLDER = "placeholder"


class PageError(Exception):
    """A page cannot be read; its text says which, on which line, and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One block of a page.

    Attributes:
        ids: of the given runbook (``R006``), or our own (``11.2``: the second of page 11).
        title: of the heading above it.
        command: as it is printed, without the fence.
        language: ``bash``, or what else stands at the fence.
        text: what is said before it: how well looks, and how ill.
        danger: what typing it can break; ``None``: nothing.
        instead: the safer command; ``None``: there is none.
        kind: what typing it does.
    """

    ids: tuple[str, ...]
    title: str
    command: str
    language: str
    text: str
    danger: str | None
    instead: str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Page:
    """One page; its number is the section of the runbook."""

    number: int
    name: str
    title: str
    steps: tuple[Step, ...]


def all_pages(folder: Path = FOLDER) -> list[Page]:
    """Return all pages in the order of their numbers.

    Raises:
        PageError: one of them cannot be read, or an id stands twice.
    """
    found = [_read(path) for path in sorted(folder.glob("[0-9]*.md"))]
    seen: dict[str, int] = {}
    for page in found:
        for name in (name for step in page.steps for name in step.ids):
            if name in seen:
                raise PageError(f"{name} stands on page {seen[name]} and on page {page.number}")
            seen[name] = page.number
    return found


def page(number: int, folder: Path = FOLDER) -> Page | None:
    """Return one page; ``None``: there is none of this number."""
    return next((each for each in all_pages(folder) if each.number == number), None)


class _Lines:
    """The lines of a page, taken one by one."""

    def __init__(self, path: Path) -> None:
        self.path, self._lines, self._at = path, path.read_text().splitlines(), 0
        self.block = 0  # the line on which the block begins that is being read; 0: none is

    def __iter__(self) -> Iterator[str]:
        while self._at < len(self._lines):
            yield self.take()

    def take(self) -> str:
        """Return the next one; an empty one behind the last."""
        self._at += 1
        return self._lines[self._at - 1] if self._at <= len(self._lines) else ""

    def begin_block(self) -> None:
        """Name this line in each fault of the block that begins here."""
        self.block = self._at

    def next_is(self, *beginnings: str) -> bool:
        return self._at < len(self._lines) and self._lines[self._at].startswith(beginnings)

    def until_fence(self) -> str:
        taken: list[str] = []
        while self._at < len(self._lines):
            line = self.take()
            if line == "```":
                return "\n".join(taken)
            taken.append(line)
        raise self.fault("a block without an end")

    def fault(self, what: str) -> PageError:
        return PageError(f"{self.path}:{self.block or self._at}: {what}")


def _read(path: Path) -> Page:
    lines = _Lines(path)
    named, titled = _NAME.fullmatch(path.name), _TITLE.fullmatch(lines.take())
    if named is None:
        raise lines.fault("the name of a page is <NN>-<name>.md")
    if titled is None or int(titled["number"]) != int(named["number"]):
        raise lines.fault(f"the first line is `# {int(named['number'])}. <title>`")
    number = int(named["number"])
    return Page(number, named["name"], titled["title"], tuple(_steps(lines, number)))


def _steps(lines: _Lines, number: int) -> Iterator[Step]:
    title, text, seen = "", list[str](), set[str]()
    for line in lines:
        if line.startswith("#"):
            title, text = line.lstrip("#").strip(), []
        elif line.startswith("<!--"):
            lines.begin_block()
            step = _step(lines, line, number, title, text)
            if twice := seen & set(step.ids):
                raise lines.fault(f"{', '.join(sorted(twice))} stands twice")
            seen |= set(step.ids)
            yield step
            lines.block, text = 0, []
        elif line.startswith("```"):
            raise lines.fault("a block without a comment before it")
        else:
            text.append(line)


def _step(lines: _Lines, comment: str, number: int, title: str, text: list[str]) -> Step:
    mark = _MARK.fullmatch(comment)
    if mark is None:
        raise lines.fault("the comment of a block is `<!-- <ids>; kind: <kind> -->`")
    ids, kind = _ids(lines, mark["ids"], number), _kind(lines, mark["kind"])
    fence = _FENCE.fullmatch(lines.take())
    if fence is None or not fence["language"]:
        raise lines.fault("behind the comment comes a block with its language")
    if not title:
        raise lines.fault("a block stands below a heading")
    command = lines.until_fence()
    danger, instead = _consequences(lines)
    if kind is Kind.CHANGE and danger is None:
        raise lines.fault("a step that changes something says what it can break: `- Danger: `")
    if kind in {Kind.ENDLESS, Kind.PLACEHOLDER} and instead is None:
        raise lines.fault(f"a step of kind {kind} has another in its place: `- Instead: `")
    return Step(ids, title, command, fence["language"], _paragraphs(text), danger, instead, kind)


def _ids(lines: _Lines, words: str, number: int) -> tuple[str, ...]:
    ids = tuple(words.split())
    for name in ids:
        known = _ID.fullmatch(name)
        if known is None or known["page"] not in {None, str(number)}:
            raise lines.fault(f"{name} is no id of this page")
    return ids


def _kind(lines: _Lines, word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise lines.fault(f"the kind of a block is one of {', '.join(Kind)}, not {word}") from None


def _consequences(lines: _Lines) -> tuple[str | None, str | None]:
    """Take the list behind a block; what goes on is indented."""
    danger = instead = None
    while lines.next_is(DANGER, INSTEAD):
        said = [lines.take()]
        while lines.next_is("  "):
            said.append(lines.take())
        words = _plain(" ".join(said))
        if words.startswith(DANGER):
            danger = words.removeprefix(DANGER)
        elif found := _COMMAND.search(words):
            instead = found["command"]
        else:
            raise lines.fault("what is to be typed instead stands between backticks")
    return danger, instead


def _paragraphs(text: list[str]) -> str:
    """Return what was said, a paragraph a line."""
    parts = re.split(r"\n\s*\n", "\n".join(text).strip())
    return "\n".join(_plain(part) for part in parts)


def _plain(text: str) -> str:
    """Return one line, with the words of links only: a terminal cannot follow them."""
    return " ".join(_LINK.sub(r"\g<words>", text).split())
