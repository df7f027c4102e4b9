"""Encrypted archives: what was written comes back, and nothing else does."""

import io

import pytest

from ops.backup.encryption import CHUNK, MAGIC, MARK, SALT, TAG, Opener, Sealer
from ops.backup.errors import BackupError, DamagedError, WrongKeyError

KEY = "a key of more than thirty-two characters"
HEAD, PIECE = len(MAGIC) + SALT + MARK, CHUNK + TAG
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7)


def sealed(data: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, KEY)
    for begin in range(0, len(data), 300_000):
        sealer.write(data[begin : begin + 300_000])
    sealer.finish()
    return file.getvalue()


def opened(data: bytes, key: str = KEY) -> bytes:
    return Opener(io.BytesIO(data), key).read()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_comes_back(size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)

    assert opened(sealed(data[:size])) == data[:size]


def test_it_can_be_read_in_pieces_of_any_size() -> None:
    data = bytes(range(256)) * 9000
    opener = Opener(io.BytesIO(sealed(data)), KEY)

    pieces = list(iter(lambda: opener.read(70_001), b""))

    assert {len(each) for each in pieces[:-1]} == {70_001}
    assert b"".join(pieces) == data


def test_two_of_the_same_differ_all_over() -> None:
    one, other = sealed(b"the same"), sealed(b"the same")

    assert one[len(MAGIC) :] != other[len(MAGIC) :]


@pytest.mark.parametrize("place", [HEAD, HEAD + CHUNK, HEAD + PIECE + 3, -1, len(MAGIC) + 1])
def test_a_changed_bit_is_found(place: int) -> None:
    changed = bytearray(sealed(bytes(2 * CHUNK)))
    changed[place] ^= 1

    with pytest.raises(BackupError):
        opened(bytes(changed))


@pytest.mark.parametrize("length", [HEAD - 1, HEAD, HEAD + 5, HEAD + PIECE, HEAD + 2 * PIECE, -1])
def test_a_cut_is_found_also_between_two_chunks(length: int) -> None:
    with pytest.raises(DamagedError):
        opened(sealed(bytes(2 * CHUNK + 5))[:length])


def test_chunks_that_changed_places_are_found() -> None:
    whole = sealed(bytes(3 * CHUNK))
    first, second = whole[HEAD : HEAD + PIECE], whole[HEAD + PIECE : HEAD + 2 * PIECE]

    with pytest.raises(DamagedError):
        opened(whole[:HEAD] + second + first + whole[HEAD + 2 * PIECE :])


def test_what_follows_the_end_is_found() -> None:
    with pytest.raises(DamagedError):
        opened(sealed(b"all of it") + b"more")


@pytest.mark.parametrize("key", ["another key of more than thirty-two characters", ""])
def test_another_key_is_told_from_damage(key: str) -> None:
    with pytest.raises(WrongKeyError):
        opened(sealed(b"secret"), key)


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    assert b"secret" not in sealed(b"secret" * 1000)
