"""Allowances as the contract describes them, in plain Python, of families that live by UTC.

Source: HTTP contract, sections 15 (allowances), 17 (allowance period) and 18 (rules 2, 3 and 6).
"""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from tests.tokens.ledger_model import Ledger, Move, RefusedError

PAYS = "the job"
MOMENT = timedelta(milliseconds=1)
DAYS = {"daily": 1, "weekly": 7}


@dataclass
class Allowance:
    """A standing payment of an account.

    ``anchor``: the day on which it was made so; ``on``: the first of the period that comes next; ``settled``:
    the first of the last one that was paid or missed; ``tried``: from when on the job looks at it.
    """

    account: str
    to: str
    amount: int
    frequency: str
    status: str
    anchor: date
    on: date
    look_at: datetime
    settled: date | None = None
    obstacle: str | None = None
    id: str = ""

    @property
    def ends_at(self) -> datetime:
        """End of the period that comes next."""
        return midnight(next(days_after(self.frequency, self.anchor, self.on)))

    def wait_for(self, on: date) -> None:
        """Go on with the period that begins on a day; nothing is in its way yet."""
        self.on, self.look_at, self.obstacle = on, midnight(on), None

    def begin(self, now: datetime) -> None:
        """Begin anew with this day."""
        self.anchor = now.date()
        self.wait_for(self._coming(days_after(self.frequency, self.anchor, self.anchor), now))

    def resume(self, now: datetime) -> None:
        """Go on after a pause, with the first period that has not begun."""
        days = (each for each in days_after(self.frequency, self.anchor, self.anchor) if each >= self.on)
        self.wait_for(self._coming(days, now))

    def _coming(self, days: Iterator[date], now: datetime) -> date:
        def is_new(on: date) -> bool:
            settled = self.settled
            return settled is None or (on > settled and self._name(on) != self._name(settled))

        return next(each for each in days if midnight(each) > now and is_new(each))

    def _name(self, on: date) -> str:
        return period_name(self.frequency, on)


@dataclass
class Payment:
    """What became of a period; ``move``: what paid it, ``obstacle``: why it is missed."""

    allowance: Allowance
    period: str
    to: str
    amount: int
    obstacle: str | None = None
    move: Move | None = None


@dataclass
class Allowances(Ledger):
    """A ledger of whose families' accounts members get something regularly."""

    allowances: list[Allowance] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    def allow(self, by: str, name: str, wanted: Mapping[str, Any], now: datetime) -> Allowance:
        """Make an allowance; ``wanted``: ``to``, ``amount``, ``frequency`` and ``status``."""
        self.require_admin(name, by)
        self._require_recipient(name, wanted["to"])
        made = Allowance(account=name, anchor=now.date(), on=now.date(), look_at=now, **wanted)
        made.begin(now)
        self.allowances.append(made)
        return made

    def change(self, allowance: Allowance, by: str, wanted: Mapping[str, Any], now: datetime) -> int:
        """Change what is said, which takes hold at once; what is as it was leaves no entry."""
        self._require_right(allowance, by)
        self._require_recipient(allowance.account, wanted.get("to", allowance.to))
        different = {name for name, each in wanted.items() if getattr(allowance, name) != each}
        for name in different:
            setattr(allowance, name, wanted[name])
        if "frequency" in different:
            allowance.begin(now)
        elif "status" in different and allowance.status == "active":
            allowance.resume(now)
        return int(bool(different))

    def stop(self, allowance: Allowance, by: str) -> None:
        """Stop it for ever."""
        self._require_right(allowance, by)
        allowance.status = "stopped"

    def pay_due(self, now: datetime) -> int:
        """Pay, miss or leave what is due, those first that nobody has looked at for longest."""
        before = len(self.payments)
        while due := [each for each in self.allowances if each.status == "active" and each.look_at <= now]:
            for each in sorted(due, key=lambda one: one.look_at):
                self._settle(each, now)
        return len(self.payments) - before

    def expel(self, name: str, user: str, now: datetime) -> int:
        """Stop what they get, too; the same entry tells of it."""
        for each in self.allowances:
            if (each.account, each.to) == (name, user):
                each.status = "stopped"
        return super().expel(name, user, now)

    def _settle(self, allowance: Allowance, now: datetime) -> None:
        account, amount = self.accounts[allowance.account], allowance.amount
        period = period_name(allowance.frequency, allowance.on)
        payment = Payment(allowance, period, allowance.to, amount)
        obstacle = "short" if amount > account.balance else None
        if account.frozen is not None:
            obstacle = "frozen"
        if now >= allowance.ends_at:
            payment.obstacle = allowance.obstacle or "late"
        elif obstacle is not None:
            allowance.obstacle, allowance.look_at = obstacle, now + MOMENT
            return
        else:
            (to,) = [each.name for each in self.accounts.values() if each.owner == allowance.to]
            payment.move = self.grant(account.name, to, amount, PAYS, now)
        self.payments.append(payment)
        allowance.settled = allowance.on
        allowance.wait_for(next(days_after(allowance.frequency, allowance.anchor, allowance.on)))

    def _require_right(self, allowance: Allowance, by: str) -> None:
        self.require_admin(allowance.account, by)
        if allowance.status == "stopped":
            raise RefusedError("NOT_FOUND")

    def _require_recipient(self, name: str, to: str) -> None:
        if to not in self.accounts[name].holders:
            raise RefusedError("VALIDATION_ERROR")


def days_after(frequency: str, anchor: date, day: date) -> Iterator[date]:
    """Return the first days of the periods that begin later than on a day."""
    if frequency in DAYS:
        every = (anchor + timedelta(days=DAYS[frequency] * each) for each in count(1))
    else:
        every = (_month_later(anchor, each) for each in count(1))
    return (each for each in every if each > day)


def period_name(frequency: str, on: date) -> str:
    """Return what the period that begins on a day is called."""
    if frequency == "weekly":
        return "{}-W{:02}".format(*on.isocalendar()[:2])
    return on.isoformat() if frequency == "daily" else on.isoformat()[:7]


def midnight(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(day, time(), UTC)


def _month_later(anchor: date, months: int) -> date:
    """Return the same day so many months on, or the last of a shorter month."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))
