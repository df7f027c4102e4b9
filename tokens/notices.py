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
    NoticeType(
        "token_request_created",
        "Somebody asks for tokens",
        "{who} asks for {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "token_request_approved",
        "A request was approved",
        "{by} has approved that {who} gets {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "token_request_denied",
        "A request was denied",
        "{by} has denied that {who} gets {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "token_request_expired",
        "A request has expired",
        "Nobody has decided in time whether {who} gets {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "token_transfer_completed",
        "Tokens paid",
        "{amount} SBD of {account} have been paid to {who}.",
        mailed=True,
    ),
    NoticeType(
        "purchase_request_created",
        "Somebody asks to buy something",
        "{who} asks to buy {item} for {amount} SBD of {account}.",
    ),
    NoticeType(
        "purchase_request_approved",
        "A purchase was approved",
        "{by} has approved that {item} is bought for {who}, for {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "purchase_request_denied",
        "A purchase was denied",
        "{by} has denied that {item} is bought for {who}, for {amount} SBD of {account}.",
        mailed=True,
    ),
    NoticeType(
        "purchase_request_expired",
        "A request to buy has expired",
        "Nobody has decided in time whether {item} is bought for {who}, for {amount} SBD of {account}.",
        mailed=True,
    ),
)
