"""Who is told: at which address, and what they prefer. Neither is kept here, so an app says so."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ops.notices.kinds import NoticeType, Way


@dataclass(frozen=True)
class Preferences:
    """What somebody prefers; what is not said is as the type has it.

    Attributes:
        mails: whether they want mails at all, but for those that cannot be switched off.
        kinds: by type and way.
    """

    mails: bool = True
    kinds: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    def chosen(self, kind: NoticeType, way: Way) -> bool:
        """Tell whether a type shall go a way, were it not for ``mails``."""
        use = kind.ways[way]
        return use.default if use.fixed else self.kinds.get(kind.name, {}).get(way, use.default)

    def wants(self, kind: NoticeType, way: Way) -> bool:
        """Tell whether a type goes a way to them."""
        is_kept_off = way == Way.EMAIL and not self.mails and not kind.ways[way].fixed
        return self.chosen(kind, way) and not is_kept_off


class Reader(NamedTuple):
    """Somebody who is told; ``address``: where their mails go, ``None``: nowhere."""

    address: str | None
    preferences: Preferences


Readers: TypeAlias = Callable[[Collection[str]], Mapping[str, Reader]]
UNKNOWN = Reader(None, Preferences())
_asked: list[Readers] = []


def register_readers(readers: Readers) -> None:
    """Say who knows the readers: of user ids, each with what is known of it, in one round trip."""
    _asked[:] = [readers]


def readers_of(user_ids: Collection[str]) -> Mapping[str, Reader]:
    """Return what is known of these users; of one who is gone, nothing."""
    (readers,) = _asked
    return readers(user_ids)
