"""Celery's way to Redis, mended: a worker whose acknowledgements were lost takes tasks again.

As it comes, a task whose end could not be told to Redis counts as not ended for as long as the worker lives.
After as many of them as it may hold, the worker lives on and takes nothing more; it does not even notice
that its connection is gone, since it does not listen any more (tried: Redis killed twice within ten seconds).
Such a task is given out again after the visibility timeout, and finds its work done.
"""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """Counts what the worker holds."""

    def ack(self, delivery_tag: str) -> None:
        """Tell Redis that a task has ended; it has, whether Redis hears it or not."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu's
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu's
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  # kombu's signature
        """Tell Redis that a task is not done, likewise."""
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]  # kombu's
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu's
            raise


class Channel(redis.Channel):
    """Reads and writes the queue."""

    QoS = QoS


class Transport(redis.Transport):
    """Redis."""

    Channel: Any = Channel
