"""Mail (runbook R088)."""

import asyncio
import sys

import django

from second_brain_database.config import get_settings


async def send_test_email(address: str) -> str:
    """Send a test mail past the outbox; prints and returns its Message-ID once the server has taken it."""
    get_settings()
    django.setup()
    from ops.actors import Actor  # noqa: PLC0415  # they want Django set up
    from ops.outbox import trial  # noqa: PLC0415

    message_id = await asyncio.to_thread(trial.send, address, actor=Actor.shell(), hear=lambda _said: None)
    sys.stdout.write(f"Sent to {address}: {message_id}\n")
    return message_id
