"""Which split a line belongs to. No split cuts through a writer, or through a form where writers are unknown."""

import hashlib

from penlift.ink import Line

# By IAM-OnDB's official lists. Graves (2013, section 4.1) trains on all but the smaller validation set, and stops early
# and gives his results on that one.
OFFICIAL = {
    "standard": {"trainset": "train", "testset_v": "valid", "testset_t": "valid", "testset_f": "test"},
    "graves": {"trainset": "train", "testset_t": "train", "testset_f": "train", "testset_v": "valid"},
}
NONE = "none"  # a line on no official list: kept, and used by nobody


def split_of(line: Line, lists: dict[str, str], rule: str) -> str:
    """The split of a line by the official lists, or, where the data has none, by a hash of its writer's name."""
    if lists:
        return OFFICIAL[rule].get(lists.get(line.form, ""), NONE)
    return _hashed(line.writer or line.form, rule)


def _hashed(name: str, rule: str) -> str:
    """A tenth is valid, a tenth test (no test for `graves`); new names move nobody."""
    tenth = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 10
    held_out = {0: "valid", 1: "test"} if rule == "standard" else {0: "valid"}
    return held_out.get(tenth, "train")
