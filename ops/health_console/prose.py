"""A page of the runbook as HTML: the little Markdown that its pages are written in, everything escaped.

Headings, paragraphs, lists, tables, code and bold words; a block of commands is the next step of the page.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ops.runbook.pages import DANGER, INSTEAD, Step

ITEM = re.compile(r"(?:[-*]|\d+\.) (?:\[[ x]\] )?(?P<words>.*)")
HEADING = re.compile(r"(?P<depth>#{1,4}) (?P<words>.+)")
ROW = re.compile(r"\|(?P<cells>.*)\|")
RULE = re.compile(r"[|:\- ]+")
INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\[(?P<label>[^\]]+)\]\([^)]*\)")
FENCE = "```"
ShowStep = Callable[[Step], str]


def inline(words: str) -> SafeString:
    """Return words of a line; of a link only what it is called, since it leads to a file."""
    parts: list[str] = []
    at = 0
    for match in INLINE.finditer(words):
        parts.append(format_html("{}", words[at : match.start()]))
        parts.append(_shown(match))
        at = match.end()
    parts.append(format_html("{}", words[at:]))
    return _joined(parts)


def shown(text: str, steps: Sequence[Step], show: ShowStep) -> SafeString:
    """Return a page without its title.

    Args:
        text: of the file.
        steps: of the page, in the order of the file.
        show: returns a step as HTML.
    """
    lines = text.splitlines()[1:]
    return _joined(_blocks(lines, iter(steps), show))


def _blocks(lines: list[str], steps: Iterator[Step], show: ShowStep) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("<!--") and (at + 1) < len(lines) and lines[at + 1].startswith(FENCE):
            at = _behind_step(lines, at + 2)
            yield show(next(steps))
        elif heading := HEADING.fullmatch(line):
            at += 1
            level = max(2, len(heading["depth"]))
            yield format_html("<h{}>{}</h{}>", level, inline(heading["words"]), level)
        elif ROW.fullmatch(line):
            rows, at = _taken(lines, at, lambda each: bool(ROW.fullmatch(each)))
            yield _table(rows)
        elif ITEM.fullmatch(line):
            items, at = _taken(lines, at, lambda each: bool(ITEM.fullmatch(each)) or each.startswith("  "))
            yield _list(items)
        elif line.strip() and not line.startswith("<!--"):
            words, at = _taken(lines, at, _goes_on)
            yield format_html("<p>{}</p>", inline(" ".join(words)))
        else:
            at += 1


def _behind_step(lines: list[str], at: int) -> int:
    """Return where a step ends: behind its block, and what is said there of danger and of the safer way."""
    while at < len(lines) and lines[at] != FENCE:
        at += 1
    at += 1
    while at < len(lines) and lines[at].startswith((DANGER, INSTEAD, "  ")):
        at += 1
    return at


def _taken(lines: list[str], at: int, belongs: Callable[[str], bool]) -> tuple[list[str], int]:
    begun = at
    at += 1
    while at < len(lines) and belongs(lines[at]):
        at += 1
    return lines[begun:at], at


def _goes_on(line: str) -> bool:
    starts_another = ITEM.fullmatch(line) or ROW.fullmatch(line) or HEADING.fullmatch(line)
    return bool(line.strip()) and not starts_another and not line.startswith(("<!--", FENCE))


def _list(lines: Sequence[str]) -> str:
    items: list[list[str]] = []
    for line in lines:
        if match := ITEM.fullmatch(line):
            items.append([match["words"]])
        else:
            items[-1].append(line.strip())
    return format_html("<ul>{}</ul>", _each("<li>{}</li>", (" ".join(each) for each in items)))


def _table(lines: Sequence[str]) -> str:
    filled = (line.strip("|").split("|") for line in lines if not RULE.fullmatch(line))
    head, *rows = [[cell.strip() for cell in cells] for cells in filled]
    body = _joined([format_html("<tr>{}</tr>", _each("<td>{}</td>", row)) for row in rows])
    table = (
        '<div class="scroll" tabindex="0"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    )
    return format_html(table, _each('<th scope="col">{}</th>', head), body)


def _each(around: str, words: Iterable[str]) -> SafeString:
    return format_html_join("", around, ((inline(each),) for each in words))


def _shown(match: "re.Match[str]") -> str:
    if match["code"]:
        return format_html("<code>{}</code>", match["code"])
    if match["strong"]:
        return format_html("<strong>{}</strong>", match["strong"])
    return format_html("{}", match["label"])


def _joined(parts: Iterable[str]) -> SafeString:
    """Return safe parts as one."""
    return mark_safe("".join(parts))  # noqa: S308  # each of them comes from format_html
