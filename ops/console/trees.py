"""A tree on a page: nested lists, which also read well aloud."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """A line of it, text or safe HTML, and what stands below."""

    line: str
    below: Sequence["Node"] = field(default_factory=tuple)


@dataclass(frozen=True)
class Tree:
    """A tree with its heading; ``empty``: what stands there when there is nothing."""

    title: str
    nodes: Sequence[Node]
    empty: str = "None."
