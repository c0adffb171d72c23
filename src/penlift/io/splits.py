"""Which split a line belongs to. No split cuts through a writer, or through a form where writers are unknown."""

import hashlib

import pandas as pd

from penlift.ink.lines import hands_in

# By IAM-OnDB's official lists. Graves (2013, section 4.1) trains on all but the smaller validation set, and stops early
# and gives his results on that one.
OFFICIAL = {
    "standard": {"trainset": "train", "testset_v": "valid", "testset_t": "valid", "testset_f": "test"},
    "graves": {"trainset": "train", "testset_t": "train", "testset_f": "train", "testset_v": "valid"},
}
NONE = "none"  # a line on no official list: kept, and used by nobody


def splits_of(index: pd.DataFrame, lists: dict[str, str], rule: str) -> "pd.Series[str]":
    """The split of each line of an index: by the official lists, or, where the data has none, by names of writers.

    `lists` maps forms to lists.
    """
    if lists:
        return index["form"].map(lambda form: OFFICIAL[rule].get(lists.get(form, ""), NONE))
    names = hands_in(index)
    return names.map(hashed(set(names), rule))


def hashed(names: set[str], rule: str) -> dict[str, str]:
    """A tenth is valid, a tenth test (no test for `graves`): new names move nobody, once each split has one.

    Where names are so few that a split would go empty, the fullest gives it one.
    """
    wanted = tuple(dict.fromkeys(OFFICIAL[rule].values()))
    held_out = dict(enumerate(wanted[1:]))
    ordered = sorted(names, key=_hash)
    splits = {name: held_out.get(_hash(name) % 10, "train") for name in ordered}
    for split in wanted:
        fullest = max(wanted, key=list(splits.values()).count)
        givers = [name for name in ordered if splits[name] == fullest]
        if split not in splits.values() and len(givers) > 1:
            splits[givers[0]] = split
    return splits


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
