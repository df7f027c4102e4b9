"""What must be known of people to see as one of them, and what they see of themselves."""

from family_site.identity import rules, sign_in_queries
from family_site.identity.actions import viewing
from ops import second_factor
from ops.actors import Actor, ActorKind
from ops.console import standing
from ops.viewing_as import calling, pages, people, state
from ops.viewing_as.offers import Offer, register


class _People:
    """Knows the users, and the sessions of staff."""

    end = staticmethod(viewing.end)

    @staticmethod
    def actor_of(user_id: str) -> Actor | None:
        """Return a person as their own calls of the API show them; ``None``: disabled, or gone."""
        found = sign_in_queries.as_signed_in(user_id)
        if found is None:
            return None
        shown = second_factor.standing(
            exists=found["has_second_factor"], shown=True, is_staff=found["is_staff"]
        )
        return Actor(
            kind=ActorKind.STAFF if found["is_staff"] else ActorKind.USER,
            id=found["user_id"],
            name=found["username"],
            permissions=frozenset(found["permissions"]),
            second_factor=shown,
        )

    @staticmethod
    def may_be_seen(person: Actor, viewer: Actor) -> bool:
        """Tell whether a member of staff may see as a person, with the rights that both have now."""
        is_staff = person.kind == ActorKind.STAFF
        return rules.right_missing_to_view_as(person.user_id, is_staff=is_staff, actor=viewer) is None


def enter() -> None:
    """Enter the people, the pages, and what of them stands on every page."""
    people.register(_People())
    register(Offer("me", "Who they are", "/auth/me"))
    calling.enter()
    pages.enter()
    standing.register(state.before, state.told)
