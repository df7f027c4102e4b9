"""Encrypted files: AES-256-GCM in chunks, so that memory stays small and no byte is used unproven.

A file is its head (magic, salt, the key's mark), and chunks of ``CHUNK`` bytes and a tag; the last may be
shorter. The key is derived from ``BACKUP_KEY`` and the salt by HKDF-SHA-256. The nonce of a chunk is its
number and whether it is the last: so chunks cannot be exchanged, left out, or cut off at the end.
"""

import os
import struct
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ops.backup.errors import DamagedError, WrongKeyError

MAGIC = b"SBDBACKUP1\n"
SALT, MARK, TAG = 16, 8, 16
CHUNK = 2**20
FILE_KEY, KEY_MARK = b"sbd backup: file", b"sbd backup: which key"


class Sealer:
    """Writes an encrypted file; a part that is closed without ``finish`` is no whole file."""

    def __init__(self, file: IO[bytes], key: str) -> None:
        """Write the head."""
        salt = os.urandom(SALT)
        self._head = MAGIC + salt + _derived(key, salt, KEY_MARK, MARK)
        self._cipher = AESGCM(_derived(key, salt, FILE_KEY, 32))
        self._file, self._kept, self._number = file, bytearray(), 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Take more."""
        self._kept += data
        while len(self._kept) > CHUNK:  # one chunk is held back: it may be the last
            self._put(bytes(self._kept[:CHUNK]), is_last=False)
            del self._kept[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Hold back what is no whole chunk: the tar writer asks, and need not have it."""

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._kept), is_last=True)

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, chunk, self._head))
        self._number += 1


class Opener:
    """Reads an encrypted file; what it returns is proven."""

    def __init__(self, file: IO[bytes], key: str) -> None:
        """Read the head.

        Raises:
            DamagedError: it is none of ours.
            WrongKeyError: it was written with another key.
        """
        self._head = file.read(len(MAGIC) + SALT + MARK)
        salt = self._head[len(MAGIC) : len(MAGIC) + SALT]
        if not self._head.startswith(MAGIC) or len(self._head) != len(MAGIC) + SALT + MARK:
            raise DamagedError("The archive does not begin as an encrypted one.")
        if not key or not self._head.endswith(_derived(key, salt, KEY_MARK, MARK)):
            raise WrongKeyError("The archive was encrypted with another BACKUP_KEY than the one that is set.")
        self._cipher = AESGCM(_derived(key, salt, FILE_KEY, 32))
        self._file, self._number, self._is_over = file, 0, False
        self._next, self._kept = file.read(CHUNK + TAG), b""

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or what is left.

        Raises:
            DamagedError: it was changed, or cut off.
        """
        parts, wanted = [self._kept], size - len(self._kept)
        while not self._is_over and (size < 0 or wanted > 0):
            parts.append(self._chunk())
            wanted -= len(parts[-1])
        whole = b"".join(parts)
        cut = len(whole) if size < 0 else size
        self._kept = whole[cut:]
        return whole[:cut]

    def _chunk(self) -> bytes:
        sealed, self._next = self._next, self._file.read(CHUNK + TAG)
        self._is_over = not self._next
        try:
            chunk = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), sealed, self._head)
        except InvalidTag:
            raise DamagedError("The archive was changed, or cut off.") from None
        self._number += 1
        return chunk


def _derived(key: str, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=purpose).derive(key.encode())


def _nonce(number: int, *, is_last: bool) -> bytes:
    return struct.pack(">xxxQB", number, is_last)
