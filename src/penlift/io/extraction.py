"""From a source to a folder of ink: lines with their splits, those set aside with reasons, and the counts of both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple, Self

import pandas as pd
from pydantic import Field, model_validator

from penlift.common.errors import InputError, cut_short, one_line, some
from penlift.common.files import write_json
from penlift.common.params import Params
from penlift.ink.lines import Ink, Line, load_points, save_index, save_ink
from penlift.io.sources import SOURCES
from penlift.io.sources.contract import SetAside, Source
from penlift.io.splits import NONE, OFFICIAL, splits_of


class ExtractParams(Params):
    """Section `extract` of params.yaml."""

    source: Literal["iam"] = Field(description="the reader: iam")
    path: str = Field(min_length=1, description="the folder with the archives")
    splits: Literal["standard", "graves"] = Field(description="standard or graves")

    @model_validator(mode="after")
    def _path_is_here(self) -> Self:
        if "://" in self.path or "${" in self.path:  # DVC would go there, or put another parameter in its place
            raise ValueError(f"path is {cut_short(self.path)}; copy the ink to a folder, and name that")
        return self


class Counts(NamedTuple):
    """What became of the files of a source."""

    by_split: pd.DataFrame  # index split; columns lines, points, writers, forms
    aside: pd.DataFrame  # columns file, reason
    torn: list[str]  # writers on more than one side of the splits
    remarks: list[str]  # what else is odd, such as lines on no list

    def report(self) -> str:
        """The counts in a few lines of text."""
        torn = [f"writers in more than one split: {', '.join(map(one_line, self.torn))}"] if self.torn else []
        return "\n".join([self.by_split.to_string(), self.set_aside(), *torn, *self.remarks])

    def set_aside(self) -> str:
        """How many files, and why."""
        reasons = self.aside["reason"].value_counts()
        return f"set aside: {len(self.aside)} ({'; '.join(f'{n} {why}' for why, n in reasons.items()) or 'none'})"


def extract(source: Source, rule: str, folder: Path) -> Counts:
    """Write the usable lines of a source into `folder`, split by `rule`, beside rejected.csv and summary.json."""
    aside: list[SetAside] = []
    remarks: list[str] = []
    lines = _usable(source, aside, remarks)
    first = next(lines, None)
    if first is None:
        raise InputError(f"{source.folder}: no usable line; looked for {source.sought}; {_first_reasons(aside)}")
    index = save_ink(folder, chain([first], lines))
    index["split"] = splits_of(index, source.lists, rule)
    _demand_splits(index, source.lists)
    save_index(folder, index)
    counts = _count(index, aside, [*remarks, *_left_over(index, source.lists)])
    counts.aside.to_csv(folder / "rejected.csv", index=False, lineterminator="\n")
    splits, reasons = counts.by_split.to_dict("index"), counts.aside["reason"].value_counts().to_dict()
    summary = {"splits": splits, "rejected": len(counts.aside), "reasons": reasons, "torn_writers": counts.torn}
    write_json(folder / "summary.json", summary | ({"remarks": counts.remarks} if counts.remarks else {}))
    return counts


def _usable(source: Source, aside: list[SetAside], remarks: list[str]) -> Iterator[Line]:
    for line in source.lines:
        if isinstance(line, SetAside):
            aside.append(line)
        elif isinstance(line, str):
            remarks.append(line)
        else:
            yield line


def _demand_splits(index: pd.DataFrame, lists: dict[str, str]) -> None:
    """Nothing is learned without training lines, and nothing is known of it without held-out ones."""
    missing = {"train", "valid"} - set(index["split"])
    if missing and lists:
        raise InputError(
            f"no line of a form on the lists of split {min(missing)!r}; complete the lists, or take all away"
        )
    if missing:
        raise InputError(
            f"all {len(index)} lines are of one writer, so none can be held out; add others' ink, or the four lists of "
            "IAM-OnDB with this writer's forms"
        )


def _left_over(index: pd.DataFrame, lists: dict[str, str]) -> Iterator[str]:
    """What no split, no writer and no time is known of, though that of others is."""
    forms = set(index["form"])
    for name in OFFICIAL["standard"] if lists else ():
        named = [form for form, held_in in lists.items() if held_in == name]
        if absent := [form for form in named if form not in forms]:
            found = some(map(one_line, absent), ", ")
            yield f"{name}.txt: {len(absent)} of {len(named)} forms have no line here: {found}"
        elif not named:
            yield f"{name}.txt names no form"
    known = index["writer"] != ""
    for lines, names, fault in (
        (index["split"] == NONE, "form", "are on no list, so used by nobody: forms"),
        (~known & bool(known.any()), "form", "are of no known writer: forms"),
        (index["start"].isna(), "line", "have no times, or none that can be in seconds:"),
    ):
        if lines.any():
            found = some(map(one_line, index.loc[lines, names].unique()), ", ")
            yield f"{lines.sum()} of {len(index)} lines {fault} {found}"


def _first_reasons(aside: list[SetAside]) -> str:
    if not aside:
        return "put them there, or name another folder"
    return f"all {len(aside)} files were set aside, the first, {cut_short(aside[0].file)}, for: {aside[0].reason}"


def _count(index: pd.DataFrame, aside: list[SetAside], remarks: list[str]) -> Counts:
    groups = index.assign(writer=index["writer"].replace("", pd.NA)).groupby("split")  # unknown ones are not counted
    by_split = groups.agg(
        lines=("line", "size"), points=("points", "sum"), writers=("writer", "nunique"), forms=("form", "nunique")
    )
    sides = index[index["writer"] != ""].groupby("writer")["split"].nunique()
    torn = sorted(str(writer) for writer in sides.index[sides > 1])
    return Counts(by_split, pd.DataFrame(sorted(aside), columns=SetAside._fields), torn, remarks)


def is_ink(folder: Path) -> bool:
    """Whether a folder holds ink of either kind."""
    return (folder / "points.npy").is_file() or is_archive(folder)


def is_archive(folder: Path) -> bool:
    """Whether it is ink of the kind that stage extract reads."""
    there = folder.iterdir() if folder.is_dir() and not (folder / "points.npy").is_file() else ()
    return any(path.name.lower().startswith("linestrokes") for path in there)


@contextmanager
def open_ink(folder: Path, tell: Callable[[str], None]) -> Iterator[Ink]:
    """The lines of a folder; those of archives are read into a temporary one, with IAM-OnDB's standard splits.

    `tell` is given what of them is left out or odd, a line each.
    """
    if (folder / "points.npy").is_file():
        yield load_points(folder)
        return
    with TemporaryDirectory(prefix="penlift-") as place:
        counts = extract(SOURCES["iam"](folder), "standard", Path(place))
        for said in [*([counts.set_aside()] if len(counts.aside) else []), *counts.remarks]:
            tell(f"{folder}: {said}")
        yield load_points(Path(place))
