"""What people are told of events of their account. Source: HTTP contract, section 12 (``security``)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from family_site.identity.rules import SecurityEvent


class Warned(NamedTuple):
    """What a user is told of an event: subject, what happened, what if it was them, what if it was not."""

    headline: str
    happened: str
    if_you: str
    if_not: Sequence[str]


NOTHING_TO_DO = "If this was you, there is nothing to do."
CHANGE_PASSWORD = (
    "Change your password: that ends every other session and permanent token, and voids every link."  # noqa: S105  # advice
)
ASK_FOR_RESET = 'Ask for a new password by "forgot password": whoever has the present one is then signed out.'
WARNINGS: Mapping[SecurityEvent, Warned] = {
    SecurityEvent.NEW_DEVICE: Warned(
        "A sign-in to your account from a new device",
        "Somebody signed in to your account with a device or from a network that is new to it.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD, "Look through your sessions and end those that you do not know."),
    ),
    SecurityEvent.PASSWORD_CHANGED: Warned(
        "Your password was changed",
        "The password of your account was changed, and all other sessions have ended.",
        NOTHING_TO_DO,
        (ASK_FOR_RESET, "Look through your sessions and end those that you do not know."),
    ),
    SecurityEvent.PASSWORD_RESET: Warned(
        "Your password was reset",
        "A new password was chosen for your account by a mailed link, and all sessions have ended.",
        "If this was you, sign in with the new password.",
        ("Change the password of your mailbox: the link was read there.", ASK_FOR_RESET),
    ),
    SecurityEvent.TOKEN_REUSED: Warned(
        "A session of yours was ended",
        "A key of one of your sessions was used twice. It may have been copied, so that session was ended.",
        "If an app of yours was restored from a backup, that may be all: sign in there again.",
        (CHANGE_PASSWORD, "Look through your sessions and end those that you do not know."),
    ),
    SecurityEvent.EMAIL_CHANGE_REQUESTED: Warned(
        "Another e-mail address is wanted for your account",
        "Somebody who is signed in to your account wants another e-mail address for it. It is changed once "
        "the other address is confirmed; until then nothing changes.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD,),
    ),
    SecurityEvent.EMAIL_CHANGED: Warned(
        "Your e-mail address was changed",
        "Your account has another e-mail address now. This is the last mail about it to the one before.",
        NOTHING_TO_DO,
        (
            "Sign in, change your password, and set your address again.",
            "If you cannot sign in any more, ask the support for help.",
        ),
    ),
    SecurityEvent.IDENTITY_LINKED: Warned(
        "Your account can be opened by another sign-in",
        "Somebody signed in elsewhere with your e-mail address, and that sign-in was linked to your account. "
        "From now on it opens the account without your password.",
        NOTHING_TO_DO,
        (
            "Secure your sign-in at that provider: whoever is signed in there opens your account here.",
            "Sign in with your password, and end the link on the page of that sign-in.",
            "Look through your sessions and end those that you do not know.",
        ),
    ),
    SecurityEvent.IDENTITY_UNLINKED: Warned(
        "Another sign-in no longer opens your account",
        "The link between your account and your sign-in at another provider was ended.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD, "Look through your sessions and end those that you do not know."),
    ),
    SecurityEvent.SECOND_FACTOR_ON: Warned(
        "Your account has a second factor",
        "A second factor was set up for your account; a code is asked for at each sign-in from now on.",
        "If this was you, keep the backup codes where you find them without your phone.",
        (CHANGE_PASSWORD, "Ask the support to take the second factor away: it is not yours."),
    ),
    SecurityEvent.SECOND_FACTOR_REPLACED: Warned(
        "Your second factor was replaced",
        "Codes come from another authenticator now, and the old backup codes are void.",
        "If this was you, keep the new backup codes where you find them without your phone.",
        (CHANGE_PASSWORD, "Ask the support to take the second factor away: it is not yours."),
    ),
    SecurityEvent.SECOND_FACTOR_OFF: Warned(
        "Your account has no second factor any more",
        "The second factor of your account was taken away; the password alone is enough to sign in.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD, "Set up a second factor again."),
    ),
    SecurityEvent.SECOND_FACTOR_RESET: Warned(
        "Your second factor was taken away by our staff",
        "The second factor of your account was taken away by a member of our staff, and all sessions and "
        "permanent tokens have ended.",
        "If you asked for this, sign in and set up a second factor again.",
        (CHANGE_PASSWORD, "Tell the support that you did not ask for it."),
    ),
    SecurityEvent.BACKUP_CODES_MADE: Warned(
        "You have new backup codes",
        "New backup codes were made for your account; the old ones are void.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD, "Replace your second factor: somebody else has it."),
    ),
    SecurityEvent.BACKUP_CODE_USED: Warned(
        "A backup code of yours was used",
        "Somebody signed in to your account, or confirmed a change, with one of its backup codes.",
        "If this was you, and your phone is lost, replace your second factor; make new codes when few are "
        "left.",
        (CHANGE_PASSWORD, "Make new backup codes: somebody else has the old ones."),
    ),
    SecurityEvent.PERMANENT_TOKEN_MADE: Warned(
        "A permanent token was made for your account",
        "A permanent token was made for your account. Whoever has it can act in your name, as far as its "
        "scopes go, until it expires.",
        NOTHING_TO_DO,
        (CHANGE_PASSWORD, "Look through your permanent tokens and revoke those that you do not know."),
    ),
    SecurityEvent.PERMANENT_TOKEN_REVOKED: Warned(
        "A permanent token of yours was revoked by our staff",
        "A permanent token of your account was revoked by a member of our staff. Programs that used it are "
        "refused from now on.",
        "If you asked for this, make another token where one is still needed.",
        ("Ask the support why; it may have been seen where it should not be.",),
    ),
}
