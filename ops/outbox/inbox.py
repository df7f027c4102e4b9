"""The demo's inbox: every mail, rendered when somebody looks at it. Mounted only without a mail server."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops.mongo.collections import Document
from ops.outbox import queries, rendering
from ops.outbox.internal import INTERNAL
from ops.outbox.rendering import Rendered
from ops.outbox.templates import NoLongerWantedError

MOST_SHOWN = 50
ON_DARK = "@media (prefers-color-scheme: dark)"  # as the mails' base has it


@require_safe
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the newest mails."""
    mails = [_listed(mail) for mail in queries.newest(MOST_SHOWN) if mail["status"] != INTERNAL]
    return render(request, "pages/inbox.html", {"mails": mails, "most": MOST_SHOWN})


@require_safe
@never_cache
def one_mail(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show a mail as its reader would see it now; its links are derived for this look and kept nowhere."""
    mail = queries.mail(mail_id)
    if mail is None:
        return render(request, "pages/inbox_missing.html", status=HTTPStatus.NOT_FOUND)
    content = _rendered(mail)
    context = {**_known(mail), "message_id": mail["message_id"]}
    if isinstance(content, Rendered):
        context |= {"subject": content.subject, "text": content.text, "frame": framed(content)}
    else:
        context["fault"] = content
    return render(request, "pages/inbox_mail.html", context)


def framed(content: Rendered, *, scheme: str | None = None) -> str:
    """Return a frame that shows the HTML of a mail and lets it do nothing but open its links beside it.

    Args:
        scheme: ``light`` or ``dark``: as a reader of that taste sees it; ``None``: as this reader does.
    """
    # A link in a frame would open in the frame, where our own pages do not let themselves be shown.
    html = content.html.replace("<head>", '<head><base target="_blank">', 1)
    if scheme is not None:
        html = html.replace(ON_DARK, "@media all" if scheme == "dark" else "@media not all")
        html = html.replace("light dark", scheme)
    return format_html(
        '<iframe class="mail" sandbox="allow-popups allow-popups-to-escape-sandbox" title="{}" '
        'srcdoc="{}"></iframe>',
        content.subject if scheme is None else f"{content.subject} ({scheme})",
        html,
    )


def _rendered(mail: Document) -> Rendered | str:
    """Return what a mail shows, or why it shows nothing."""
    try:
        return rendering.rendered_mail(mail)
    except NoLongerWantedError as reason:
        return f"no longer wanted: {reason}"
    except Exception as error:  # noqa: BLE001  # whatever it is, the page and the other mails stand
        return f"it cannot be rendered: {type(error).__name__}"


def _listed(mail: Document) -> Document:
    content = _rendered(mail)
    subject = content.subject if isinstance(content, Rendered) else f"{mail['template']} ({content})"
    return {"id": mail["_id"], **_known(mail), "subject": subject}


def _known(mail: Document) -> Document:
    return {name: mail[name] for name in ("to", "template", "status", "created_at", "fault")}
