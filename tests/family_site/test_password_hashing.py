"""Passwords are hashed in one thread of a process, whoever asks."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from family_site.identity.models.passwords import THREAD, Argon2Hasher

PASSWORD, OTHER = "Quite-Long-7!", "Quite-Wrong-7!"
HASHER = Argon2Hasher()


def test_those_who_ask_at_one_time_get_each_their_own_answer() -> None:
    encoded = HASHER.encode(PASSWORD, HASHER.salt())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda word: HASHER.verify(word, encoded), [PASSWORD, OTHER] * 8))

    assert answers == [True, False] * 8
    assert len([each for each in threading.enumerate() if each.name.startswith(THREAD)]) == 1


def test_a_child_hashes_in_a_thread_of_its_own() -> None:
    encoded = HASHER.encode(PASSWORD, HASHER.salt())
    child = os.fork()
    if not child:
        signal.alarm(20)  # or a child that waits for the parent's thread would wait for ever
        os._exit(0 if HASHER.verify(PASSWORD, encoded) else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
