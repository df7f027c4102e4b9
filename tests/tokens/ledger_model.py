"""Accounts as the contract describes them, in plain Python: what a command answers, and what there is then.

Knows accounts by their names and people by their ids. Source: HTTP contract, sections 1.3 (repeated calls), 8
and 18 (rules 1 to 5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

MANAGER, SPENDER, VIEWER = "manager", "spender", "viewer"
# Who is paid for what is bought; nobody holds it, and all may post to it.
MERCHANT = "system_merchant"
REPEATED = timedelta(seconds=10)


class RefusedError(Exception):
    """The command is refused so; ``facts``: some of what its details tell."""

    def __init__(self, code: str, **facts: Any) -> None:
        """Take what it answers."""
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass
class Holder:
    """Somebody's rights; ``period``: which sort and how much, ``total``: of which one, and how much."""

    role: str = VIEWER
    can_spend: bool = False
    limit: int = 0
    period: tuple[str, int] | None = None
    total: tuple[str, int] | None = None

    def left(self, now: datetime) -> int | None:
        """Return how much is left of the period's limit."""
        if self.period is None or self.period[1] == -1:
            return None
        kind, most = self.period
        spent = self.total[1] if self.total and self.total[0] == name_of(kind, now) else 0
        return max(0, most - spent)

    def count(self, amount: int, now: datetime) -> None:
        """Add to the running total."""
        if self.period is not None:
            name = name_of(self.period[0], now)
            before = self.total[1] if self.total and self.total[0] == name else 0
            self.total = (name, before + amount)


@dataclass
class Account:
    """An account; ``owner``: of a person, ``frozen``: by whom, ``staff`` or somebody else, and when."""

    name: str
    owner: str | None
    holders: dict[str, Holder]
    balance: int = 0
    entries: int = 0
    last_at: datetime | None = None
    frozen: str | None = None
    frozen_at: datetime | None = None

    def next_at(self, now: datetime) -> datetime:
        """Return the time of the next entry."""
        return max(now, self.last_at) if self.last_at else now

    def move(self, amount: int, now: datetime) -> None:
        """Write an entry."""
        self.last_at = self.next_at(now)
        self.balance += amount
        self.entries += 1


@dataclass
class Move:
    """A transaction; ``amounts``: by account, in the order of its postings."""

    by: str
    amounts: Mapping[str, int]
    at: datetime
    id: str = ""
    is_final: bool = False  # undone, or undoes


@dataclass
class Ledger:
    """All accounts and moves; each command does what it says, unless it is refused.

    What changes more than one thing returns how many audit entries tell of it. ``bought``: what is on the
    merchant's account.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    bought: int = 0

    # Looking --------------------------------------------------------------------------------------

    def available(self, name: str, by: str, now: datetime) -> int:
        """Return the most that somebody may spend at once: the largest amount that nothing is against."""
        account = self.accounts[name]
        holder = account.holders.get(by, Holder())
        bounds = [account.balance, holder.left(account.next_at(now))]
        bounds.append(None if holder.limit == -1 else holder.limit)
        may = holder.can_spend and account.frozen is None
        return min(each for each in bounds if each is not None) if may else 0

    def families(self) -> list[Account]:
        """Return the families' accounts."""
        return [each for each in self.accounts.values() if each.owner is None]

    # Moving ---------------------------------------------------------------------------------------

    def issue(self, name: str, amount: int, now: datetime) -> Move:
        """Make tokens."""
        return self._moved("staff", {"": -amount, name: amount}, now)

    def send(  # noqa: PLR0913  # who pays whom what
        self, by: str, source: str, to: str, amount: int, now: datetime, *, has_key: bool
    ) -> Move:
        """Pay."""
        payer, recipient = self.accounts.get(source), self.accounts.get(to)
        if payer is None or by not in payer.holders:
            raise RefusedError("ACCOUNT_NOT_FOUND")
        if recipient is None or (recipient.owner is None and by not in recipient.holders):
            raise RefusedError("RECIPIENT_NOT_FOUND")
        if payer is recipient:
            raise RefusedError("SELF_TRANSFER")
        for refusal in _against(payer, payer.holders[by], amount, now):
            raise refusal
        if not has_key and (earlier := self._same(by, to, amount, now)):
            raise RefusedError("CONFLICT", transaction_id=earlier.id)
        payer.holders[by].count(amount, payer.next_at(now))
        return self._moved(by, {source: -amount, to: amount}, now)

    def grant(self, name: str, to: str, amount: int, by: str, now: datetime) -> Move:
        """Pay what is decided, whatever anybody may spend of the account."""
        _require_debit(self.accounts[name], amount)
        return self._moved(by, {name: -amount, to: amount}, now)

    def reverse(self, move: Move, now: datetime) -> Move:
        """Undo a move."""
        if move.is_final:
            raise RefusedError("CONFLICT")
        back = {name: -amount for name, amount in move.amounts.items()}
        for name, amount in back.items():
            if name in self.accounts and amount < 0:
                _require_debit(self.accounts[name], -amount)
        move.is_final = True
        made = self._moved("staff", back, now)
        made.is_final = True
        return made

    def _same(self, by: str, to: str, amount: int, now: datetime) -> Move | None:
        return next(
            (
                each
                for each in self.moves
                if each.by == by and each.amounts.get(to) == amount and each.at > now - REPEATED
            ),
            None,
        )

    def _moved(self, by: str, amounts: Mapping[str, int], now: datetime) -> Move:
        accounts = {name: self.accounts[name] for name in amounts if name in self.accounts}
        at = max(each.next_at(now) for each in accounts.values())
        for name, account in accounts.items():
            account.move(amounts[name], now)
        self.bought += amounts.get(MERCHANT, 0)
        self.moves.append(Move(by, amounts, at))
        return self.moves[-1]

    # Rights and states ----------------------------------------------------------------------------

    def set_rights(self, name: str, user: str, wanted: Holder) -> None:
        """Set what somebody may spend; a running total of the same sort of period goes on."""
        holder = self.accounts[name].holders[user]
        if holder.role == MANAGER:
            raise RefusedError("PERMISSIONS_UPDATE_FAILED", reason="target_is_admin")
        if wanted.period and holder.period and wanted.period[0] == holder.period[0]:
            wanted.total = holder.total
        self.accounts[name].holders[user] = wanted

    def freeze(self, name: str, by: str, now: datetime) -> None:
        """Freeze an account."""
        account = self.accounts[name]
        if account.frozen is not None:
            raise RefusedError("ACCOUNT_FREEZE_FAILED", status="frozen")
        account.frozen, account.frozen_at = by, now

    def unfreeze(self, name: str, by: str, now: datetime) -> int:  # noqa: ARG002  # of what ends with the freeze
        """Open it again."""
        account = self.accounts[name]
        if account.frozen is None:
            raise RefusedError("ACCOUNT_FREEZE_FAILED", status="active")
        if account.frozen == "staff" and by != "staff":
            raise RefusedError("INSUFFICIENT_PERMISSIONS", required="staff")
        account.frozen = None
        return 1

    def promote(self, name: str, user: str) -> None:
        """Make somebody a manager."""
        self.accounts[name].holders[user] = Holder(MANAGER, can_spend=True, limit=-1)

    def admit(self, name: str, user: str) -> None:
        """Make somebody a viewer, whatever they were."""
        self.accounts[name].holders[user] = Holder()

    def expel(self, name: str, user: str, now: datetime) -> int:  # noqa: ARG002  # of what ends with the rights
        """Take somebody's rights away."""
        del self.accounts[name].holders[user]
        return 1

    def require_member(self, name: str, user: str) -> None:
        """Let a member of the family go on."""
        if user not in self.accounts[name].holders:
            raise RefusedError("FAMILY_NOT_FOUND")

    def require_admin(self, name: str, user: str) -> None:
        """Let an admin of the family go on."""
        self.require_member(name, user)
        if self.accounts[name].holders[user].role != MANAGER:
            raise RefusedError("INSUFFICIENT_PERMISSIONS", required="family admin")


def _against(account: Account, holder: Holder, amount: int, now: datetime) -> Iterator[RefusedError]:
    """Say what is against a spend: state, permission, limit, period, balance, in this order."""
    if account.frozen is not None:
        yield RefusedError("ACCOUNT_FROZEN")
    if not holder.can_spend:
        yield RefusedError("NO_SPENDING_PERMISSION")
    if holder.limit != -1 and amount > holder.limit:
        yield _beyond(holder.limit, "transaction", holder.limit)
    left = holder.left(account.next_at(now))
    if holder.period is not None and left is not None and amount > left:
        yield _beyond(holder.period[1], holder.period[0], left)
    if amount > account.balance:
        yield RefusedError("INSUFFICIENT_BALANCE", amount=amount, balance=account.balance)


def _beyond(limit: int, period: str, remaining: int) -> RefusedError:
    return RefusedError("SPENDING_LIMIT_EXCEEDED", limit=limit, period=period, remaining=remaining)


def _require_debit(account: Account, amount: int) -> None:
    if account.frozen is not None:
        raise RefusedError("ACCOUNT_FROZEN")
    if amount > account.balance:
        raise RefusedError("INSUFFICIENT_BALANCE", amount=amount)


def name_of(period: str, at: datetime) -> str:
    """Return what a period is called; times are UTC."""
    if period == "week":
        return "{}-W{:02}".format(*at.isocalendar()[:2])
    return at.date().isoformat() if period == "day" else at.date().isoformat()[:7]
