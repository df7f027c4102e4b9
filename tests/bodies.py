"""What the callers of the authorization table send: valid, so that the right alone decides."""

from collections.abc import Callable, Mapping
from typing import Any

from ops.links import LinkKind
from tests.factories import BLOCKED, PASSWORD, new_link
from tests.second_factors import challenge_and_code, first_code, password_and_code
from tests.world import World

Made = Callable[[World, str], Any]
RIGHTS = {"can_spend": True, "spending_limit": 5}
FREEZE = {"action": "freeze", "reason": "to look at it"}
ASKED = {"amount": 5, "reason": "for bread and butter"}
ASKING = ("token-requests", "token-request", "sbd/request-tokens")
REVIEWING = ("token-requests/{request_id}", "token-request/{request_id}")
RULE = {"kind": "network", "value": "203.0.113.0/24", "reason": "guesses passwords"}
ALERT = {
    "status": "resolved",
    "labels": {"alertname": "NotReady", "severity": "p1", "section": "1", "kind": "outage"},
    "startsAt": "2026-11-26T09:30:00Z",
    "fingerprint": "c9cfbc0c9c7a5b4e",
}
PURCHASE = {"item_name": "A kite", "cost": 5, "reason": "the old one flew away"}

# By method and path: the body, or what makes it for an actor. Without an entry no body is sent.
BODIES: Mapping[tuple[str, str], Any | Made] = {
    ("POST", "/auth/register"): {
        "username": "newcomer",
        "email": "newcomer@example.com",
        "password": PASSWORD,
    },
    ("POST", "/auth/login"): lambda world, actor: {
        "username": world.person(actor).username,
        "password": PASSWORD,
    },
    ("POST", "/auth/login/2fa"): lambda _world, _actor: challenge_and_code(),  # whoever has both
    ("POST", "/auth/reauthenticate"): {"password": PASSWORD},
    ("POST", "/auth/2fa/setup"): {"method": "totp", "password": PASSWORD},
    ("POST", "/auth/2fa/verify"): lambda world, actor: first_code(world.person(actor)),
    ("POST", "/auth/2fa/disable"): lambda world, actor: password_and_code(world.people.get(actor)),
    ("POST", "/auth/2fa/reset"): lambda world, actor: password_and_code(world.people.get(actor)),
    ("POST", "/auth/refresh"): lambda world, actor: {
        "refresh_token": world.other_session(actor).refresh_token,
    },
    # Whoever has the link may open it; it is the stranger's.
    ("POST", "/auth/verify-email"): lambda world, _actor: {
        "token": new_link(LinkKind.CONFIRM_EMAIL, world.person("stranger"))
    },
    ("POST", "/auth/reset-password"): lambda world, _actor: {
        "token": new_link(LinkKind.RESET_PASSWORD, world.person("stranger")),
        "new_password": "Brand-New-Kettle-8",
    },
    ("POST", "/auth/resend-verification"): {"email": "wren@example.com"},
    ("POST", "/auth/forgot-password"): {"email": "wren@example.com"},
    ("PUT", "/auth/email"): {"email": "wren@example.com", "password": PASSWORD},
    ("POST", "/auth/permanent-tokens"): {"description": "of a script", "scopes": ["read"]},
    ("PUT", "/auth/change-password"): {"current_password": PASSWORD, "new_password": "Brand-New-Kettle-8"},
    ("POST", "/family/create"): {"name": "Owls"},
    ("POST", "/family/{family_id}/invite"): {"identifier": "wren@example.com", "relationship_type": "cousin"},
    ("POST", "/family/invitation/{invitation_id}/respond"): {"action": "accept"},
    ("POST", "/family/invitations/{invitation_id}/respond"): {"action": "accept"},
    ("PUT", "/family/{family_id}"): {"name": "Owls"},
    ("DELETE", "/family/{family_id}"): lambda world, _actor: {"payout_to": world.person("admin").id},
    ("POST", "/family/{family_id}/members/{user_id}/admin"): {"action": "promote"},
    ("POST", "/family/{family_id}/members/{user_id}/backup-admin"): {"action": "designate"},
    ("PUT", "/family/{family_id}/relationships"): lambda world, _actor: {
        "user_a_id": world.person("member").id,
        "user_b_id": world.person("spender").id,
        "new_relationship_type": "aunt",
    },
    ("PUT", "/family/{family_id}/sbd-account/permissions"): lambda world, _actor: {
        "user_id": world.person("member").id,
        **RIGHTS,
    },
    ("PUT", "/family/{family_id}/spending-permissions/{user_id}"): RIGHTS,
    ("POST", "/family/{family_id}/sbd-account/freeze"): FREEZE,
    ("POST", "/family/{family_id}/account/freeze"): FREEZE,
    ("POST", "/family/{family_id}/sbd-account/validate-spending"): {"amount": 5},
    ("POST", "/family/{family_id}/sbd-account/transfer"): {"recipient_identifier": "stranger", "amount": 5},
    ("POST", "/family/{family_id}/sbd-account/contribute"): {"amount": 5},
    ("POST", "/family/{family_id}/allowances"): lambda world, _actor: {
        "recipient_id": world.person("member").id,
        "amount": 5,
        "frequency": "weekly",
    },
    ("PUT", "/family/{family_id}/allowances/{schedule_id}"): {"amount": 6},
    ("POST", "/family/validate-spending"): lambda world, actor: {
        "account_username": "family_larks",
        "user_id": world.person(actor).id,
        "amount": 5,
    },
    ("POST", "/sbd_tokens/send"): lambda world, actor: {
        "to_user": world.person("other" if actor in {"stranger", "nobody"} else "stranger").username,
        "amount": 5,
    },
    ("PATCH", "/sbd_tokens/transaction/note"): lambda world, _actor: {
        "transaction_id": world.transaction_id,
        "note": "for bread",
    },
    ("POST", "/family/notifications/mark-read"): {"notification_ids": ["ntf_1"]},
    ("POST", "/family/{family_id}/notifications/mark-read"): {"notification_ids": ["ntf_1"]},
    ("PUT", "/family/limits"): lambda world, _actor: {
        "user_id": world.person("stranger").id,
        "max_members_per_family": 9,
        "reason": "asked for by mail",
    },
    ("POST", "/admin/rate-limits"): {"endpoint": "/family/create", "limit": 1000, "window": 3600},
    ("POST", "/admin/alerts"): {"alerts": [ALERT]},
    ("POST", "/admin/blocklist"): RULE,
    ("POST", "/admin/allowlist"): RULE,
    ("POST", "/admin/security-events/{event_id}/resolve"): {"note": "it was a test of ours"},
    ("PUT", "/family/notifications/preferences"): {"email_notifications": False},
    ("POST", "/family/{family_id}/account/emergency-unfreeze"): {"reason": "We need bread."},
    **{("POST", f"/family/{{family_id}}/{path}"): ASKED for path in ASKING},
    **{("POST", f"/family/{{family_id}}/{path}/review"): {"action": "approve"} for path in REVIEWING},
    ("POST", "/family/{family_id}/purchase-requests"): PURCHASE,
    ("POST", "/family/wallet/purchase-requests"): lambda world, _actor: (
        PURCHASE | {"family_id": world.family_id}
    ),
    ("POST", "/family/{family_id}/recovery/initiate"): {"recovery_reason": "Nobody is there any more."},
    ("POST", "/family/recovery/{recovery_id}/verify"): lambda world, _actor: {
        "verification_code": world.code
    },
}
# What stands in braces in a path.
PARAMETERS: Mapping[str, Made] = {
    "family_id": lambda world, _actor: world.family_id,
    "invitation_id": lambda world, _actor: world.invitation_id,
    "token": lambda world, _actor: world.token,
    "recovery_id": lambda world, _actor: world.recovery_id,
    "emergency_id": lambda world, _actor: world.emergency_id,
    "schedule_id": lambda world, _actor: world.schedule_id,
    "request_id": lambda world, _actor: world.request_id,
    "purchase_id": lambda world, _actor: world.purchase_id,
    "event_id": lambda world, _actor: world.event_id,
    "user_id": lambda world, _actor: world.person("member").id,
    "session_id": lambda world, actor: world.other_session(actor).session_id,
    "token_id": lambda world, actor: world.token_ids["stranger" if actor == "nobody" else actor],
}
# What a GET or a DELETE has to say beside its path.
QUERIES: Mapping[tuple[str, str], Made] = {
    ("DELETE", "/admin/rate-limits"): lambda _world, _actor: "endpoint=/family/create",
    ("DELETE", "/admin/blocklist"): lambda _world, _actor: f"kind=address&value={BLOCKED}",
    ("DELETE", "/admin/allowlist"): lambda _world, _actor: f"kind=address&value={BLOCKED}",
    ("GET", "/family/wallet/purchase-requests"): lambda world, _actor: f"family_id={world.family_id}",
}
