"""What is counted of mail."""

from ops.metrics.declaring import Counter
from ops.process import WORKER

SENT, POSTPONED, DEAD = "sent", "postponed", "dead"
SERVER, REFUSED, PUT_OFF, NOT_RENDERED = "server", "refused", "put_off", "not_rendered"

emails = Counter(
    "emails", "Attempts to deliver a mail, by outcome.", roles=[WORKER], outcome=(SENT, POSTPONED, DEAD)
)
errors = Counter(
    "email_errors",
    "Faults in delivering mail, by reason.",
    roles=[WORKER],
    reason=(SERVER, REFUSED, PUT_OFF, NOT_RENDERED),
)
