"""What one run of doctor said."""

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

OK = "ok"


@dataclass(frozen=True)
class Said:
    """What doctor printed with ``--json``.

    Attributes:
        findings: in the order printed; none: it said nothing that can be read.
        seconds: how long it took, Python's own start with it.
        broken: what stood in place of a document.
    """

    findings: Sequence[dict[str, Any]]
    seconds: float
    broken: str = ""

    @classmethod
    def read(cls, out: bytes, err: bytes, seconds: float) -> "Said":
        """Read it from what a process wrote."""
        try:
            return cls(json.loads(out)["findings"], seconds)
        except (ValueError, KeyError):
            return cls((), seconds, (err or out).decode(errors="replace")[-300:])

    @property
    def causes(self) -> list[str]:
        """The checks whose findings nothing explains, in the order printed."""
        return [each["name"] for each in self.unwell if not each["explained_by"]]

    @property
    def unwell(self) -> list[dict[str, Any]]:
        """What is not well."""
        return [each for each in self.findings if each["result"] != OK]

    @property
    def is_well(self) -> bool:
        """Whether it looked, and all is well."""
        return bool(self.findings) and not self.unwell

    @property
    def remedy(self) -> str:
        """What it says is to be done first."""
        first = next(iter(self.unwell), None)
        return (first and first["remedy"]) or ""

    @property
    def remedies(self) -> str:
        """All that it says is to be done."""
        return "\n".join(each["remedy"] or "" for each in self.unwell)

    def about(self, names: Container[str]) -> "Said":
        """Return only what it says of these checks; all, if it says nothing of them."""
        chosen = [each for each in self.findings if each["name"] in names]
        return Said(chosen or self.findings, self.seconds, self.broken)

    def told(self) -> str:
        """Return the findings that are not well, for people, a line each."""
        return "\n".join(_line(each) for each in self.unwell) or self.broken or "all is well"


def _line(finding: dict[str, Any]) -> str:
    beneath = f" (explained by {', '.join(finding['explained_by'])})" if finding["explained_by"] else ""
    said = f"{finding['name']}: {finding['result']}{beneath}: {'; '.join(finding['evidence'])}"
    return said if beneath else f"{said} | cause: {finding['cause']} | remedy: {finding['remedy']}"
