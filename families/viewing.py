"""What people see of their families, accounts and limits; shown to staff who see as one of them."""

from ops.viewing_as.offers import Offer, register

OF_FAMILY = ("family", "members", "account", "statement", "requests", "family-notices")


def enter() -> None:
    """Enter the reads."""
    register(
        Offer("families", "Families", "/family/my-families", leads=("family_id", "family")),
        Offer("own-account", "Own account", "/sbd_tokens"),
        Offer("own-statement", "Own statement", "/sbd_tokens/transactions"),
        Offer("invitations", "Invitations received", "/family/my-invitations"),
        Offer("notices", "Notifications", "/family/notifications"),
        Offer("limits", "Limits", "/family/limits"),
        Offer("enforcement", "What holds them back", "/family/limits/enforcement"),
        Offer("family", "Family", "/family/{id}", of_one=OF_FAMILY),
        Offer("members", "Members", "/family/{id}/members", of_one=OF_FAMILY),
        Offer("account", "Account", "/family/{id}/sbd-account", of_one=OF_FAMILY),
        Offer("statement", "Statement", "/family/{id}/sbd-account/transactions", of_one=OF_FAMILY),
        Offer("requests", "Their requests", "/family/{id}/token-requests/my-requests", of_one=OF_FAMILY),
        Offer("family-notices", "Notices", "/family/{id}/notifications", of_one=OF_FAMILY),
    )
