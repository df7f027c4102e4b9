"""The types of notices about tokens, their words, and which cannot be switched off.

Source: HTTP contract, section 12.
"""

from ops.notices import NoticeType

TYPES = (
    NoticeType("sbd_spend", "Tokens spent", "{who} spent {amount} SBD of {account} for {to}."),
    NoticeType("sbd_deposit", "Tokens received", "{who} paid {amount} SBD into {account}."),
    NoticeType(
        "large_transaction",
        "Large transaction",
        "{who} moved {amount} SBD by {account}.",
        fixed=True,
        mailed=True,
    ),
    NoticeType("spending_limit_reached", "Limit reached", "You have spent all you may of {account} for now."),
    NoticeType("direct_token_transfer_received", "Tokens received", "{who} sent you {amount} SBD."),
    NoticeType(
        "direct_token_transfer_admin", "Tokens transferred", "{who} sent {amount} SBD of {account} to {to}."
    ),
    NoticeType(
        "permissions_updated",
        "Spending rights changed",
        "{by} changed what {who} may spend of {account}.",
        fixed=True,
    ),
    NoticeType(
        "account_frozen", "Account frozen", "{by} froze {account}: nothing is spent.", fixed=True, mailed=True
    ),
    NoticeType(
        "account_unfrozen", "Account open again", "{by} opened {account} again.", fixed=True, mailed=True
    ),
)
