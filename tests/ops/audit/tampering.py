"""Ways in which the audit log can be changed past the product: each tells what is to be found.

Source: HTTP contract, section 13; design, section 5.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256

from ops import clock
from ops.audit import chain
from ops.audit.chain import Place, form_of, text_of
from ops.ids import new_id
from ops.mongo.collections import Document, collection
from tests.ops.audit.edits import EDITED, EDITS, THEIRS, Tampering, edit
from tests.ops.audit.sealed_log import HOUR, LOG, Log, Named, head, put_head, seal, write

SEALS = ("seq", "family_seq", "sealed_at", "key_id", "private_digest", "previous", "hash")


def the_first_is_gone(log: Log) -> Named:
    log.remove(1)
    return {"MISSING": 1}


def one_in_the_middle_is_gone(log: Log) -> Named:
    log.remove(3)
    return {"MISSING": 1}


def some_are_gone(log: Log) -> Named:
    log.remove(2, 3, 5)
    return {"MISSING": 2}


def the_last_is_gone(log: Log) -> Named:
    log.remove(6)
    return {"CUT_OFF": 1}


def the_end_is_cut_off(log: Log) -> Named:
    log.remove(4, 5, 6)
    return {"CUT_OFF": 1}


def all_are_gone(log: Log) -> Named:
    log.remove(1, 2, 3, 4, 5, 6)
    return {"CUT_OFF": 1}


def the_end_is_cut_off_and_the_head_set_back(log: Log) -> Named:
    log.remove(5, 6)
    put_head({**head(), "seq": 4, "hash": log[4]["hash"]})
    return {"HEAD": 1}


def one_is_added_at_the_end(log: Log) -> Named:
    collection(LOG).insert({**log[6], "_id": new_id("aud"), "seq": 7, "previous": log[6]["hash"]})
    return {"HEAD": 1}


def one_is_added_between(log: Log) -> Named:
    collection(LOG).insert({**log[3], "_id": new_id("aud"), "seq": 3.5})
    return {"INSERTED": 1}


def one_is_added_with_no_number(log: Log) -> Named:
    added = {name: value for name, value in log[3].items() if name not in SEALS}
    collection(LOG).insert({**added, "_id": new_id("aud")})
    return {"UNSEALED": 1}


def one_is_added_with_a_word_for_a_number(log: Log) -> Named:
    collection(LOG).insert({**log[3], "_id": new_id("aud"), "seq": "3"})
    return {"INSERTED": 1}


def one_is_added_before_the_first(log: Log) -> Named:
    collection(LOG).insert({**log[1], "_id": new_id("aud"), "seq": 0})
    return {"INSERTED": 1}


def one_is_put_in_the_place_of_another(log: Log) -> Named:
    log.replace(3, {**log[4], "_id": new_id("aud"), "seq": 3})
    return {"ALTERED": 1, "REORDERED": 2, "PRIVATE": 1}


def one_gets_another_id(log: Log) -> Named:
    log.replace(3, {**log[3], "_id": new_id("aud")})
    return {"ALTERED": 1, "PRIVATE": 1}


def numbers_are_swapped(log: Log) -> Named:
    log.take_away(3, "seq")
    log.change(4, seq=3)
    log.change(3, seq=4)
    return {"ALTERED": 2, "REORDERED": 3}


def seals_are_swapped(log: Log) -> Named:
    one, other = ({name: log[seq][name] for name in SEALS} for seq in (3, 5))
    log.take_away(3, "seq")
    log.change(5, **one)
    log.change(3, **other)
    return {"ALTERED": 2, "PRIVATE": 2}


def contents_are_swapped(log: Log) -> Named:
    one, other = log[3]["after"], log[5]["after"]
    log.change(3, after=other)
    log.change(5, after=one)
    return {"ALTERED": 2}


def the_rest_is_numbered_anew(log: Log) -> Named:
    log.remove(3)
    for seq in (4, 5, 6):
        log.change(seq, seq=seq - 1)
    return {"ALTERED": 3, "REORDERED": 1, "CUT_OFF": 1}


def one_is_hashed_without_a_key(log: Log) -> Named:
    _edit_and_hash(log, lambda form: sha256(b"entry\n" + text_of(form)).hexdigest())
    return {"ALTERED": 1, "REORDERED": 1}


def one_is_hashed_with_another_key(log: Log) -> Named:
    _edit_and_hash(log, lambda form: chain.hash_of(form, THEIRS))
    return {"ALTERED": 1, "REORDERED": 1}


def all_are_sealed_anew_with_another_key(log: Log) -> Named:
    previous = chain.GENESIS
    for seq in range(1, 7):
        entry = log[seq] | {"actor": "user_2"}
        place = Place(seq, previous, entry["family_seq"])
        sealed = chain.seal(entry, place, THEIRS, now=log.at(59))
        log.change(seq, actor="user_2", **sealed)
        previous = sealed["hash"]
    put_head(chain.head("audit_log", (6, previous), THEIRS))
    return {"UNKNOWN_KEY": 6, "HEAD": 1}


def a_number_is_taken_away(log: Log) -> Named:
    log.take_away(3, "seq")
    return {"MISSING": 1, "UNSEALED": 1}


def the_head_is_gone(_log: Log) -> Named:
    put_head(None)
    return {"HEAD": 1}


def the_head_says_less(_log: Log) -> Named:
    put_head({**head(), "seq": 5})
    return {"HEAD": 1}


def the_head_is_of_a_family(_log: Log) -> Named:
    put_head({**head("fam_1"), "_id": "audit_log"})
    return {"HEAD": 1}


def the_head_is_of_before(log: Log) -> Named:
    before = head()
    write(7, log.at(7))
    seal()
    put_head(before)
    return {"HEAD": 1}


def all_is_replaced_by_another_chain(log: Log) -> Named:
    """Made with our own key, by whoever may have made the product do so."""
    _another_chain(log)
    return {"HEAD": 1}


def one_is_of_another_chain(log: Log) -> Named:
    mine = [log[seq] for seq in range(1, 7)]
    _another_chain(log)
    theirs = log[4]
    collection(LOG).delete({})
    collection(LOG).insert(*(theirs if each["seq"] == 4 else each for each in mine))
    return {"REORDERED": 2}


def _another_chain(log: Log) -> None:
    mine = head()
    log.remove(1, 2, 3, 4, 5, 6)
    put_head(None)
    now = clock.now()
    log.ids = [write(number, now - HOUR + timedelta(minutes=number)) for number in range(11, 17)]
    seal()
    put_head(mine)


def _edit_and_hash(log: Log, hashed: Callable[[Document], str]) -> None:
    log.change(3, actor="user_2")
    form = {name: each for name, each in form_of(log[3]).items() if name not in {"hash", "private"}}
    log.change(3, hash=hashed(form))


WAYS: Mapping[str, Tampering] = {
    **{name: edit(*change) for name, change in EDITS.items()},
    **{
        each.__name__: each
        for each in (
            *EDITED,
            *(the_first_is_gone, one_in_the_middle_is_gone, some_are_gone, the_last_is_gone),
            *(the_end_is_cut_off, all_are_gone, the_end_is_cut_off_and_the_head_set_back),
            *(one_is_added_at_the_end, one_is_added_between, one_is_added_with_no_number),
            *(one_is_added_with_a_word_for_a_number, one_is_added_before_the_first),
            *(one_is_put_in_the_place_of_another, one_gets_another_id, numbers_are_swapped),
            *(seals_are_swapped, contents_are_swapped, the_rest_is_numbered_anew),
            *(one_is_hashed_without_a_key, one_is_hashed_with_another_key),
            *(all_are_sealed_anew_with_another_key, a_number_is_taken_away, the_head_is_gone),
            *(the_head_says_less, the_head_is_of_a_family, the_head_is_of_before),
            *(all_is_replaced_by_another_chain, one_is_of_another_chain),
        )
    },
}
