"""What a process keeps of memory that it uses no longer."""

import ctypes

M_MMAP_THRESHOLD = -3  # its number in <malloc.h>
LARGE_BYTES = 1024 * 1024


def give_back_large_blocks() -> None:
    """Let blocks of a megabyte and more go back to the system as soon as they are freed.

    glibc does so only until it has seen one: from then on it keeps them, once for every thread. Looking at a
    password takes 19 MiB; after 32 sign-ins at one time a worker of four threads held 175 MB, and 100 MB so.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other systems have another malloc
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
