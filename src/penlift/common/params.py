"""params.yaml: its sections as frozen, validated records, and the presets that set values in it.

The record of a section lives beside the code that it configures. Values have one home, params.yaml: a record has no
defaults, so a missing key is an error, as are an unknown one, a wrong type and an impossible pair.
"""

import difflib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from penlift.common.errors import InputError, cut_short, one_line, some
from penlift.common.files import storable, whole_file


class Params(BaseModel):
    """What each section's record derives from."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Section = TypeVar("Section", bound=Params)


MEANT: dict[str, dict[str, Any]] = {  # keys that have come since, a row each, and what files meant that lack them
    "compose": {"drills": 0},
    "normalise": {"rate": None},
    "window": {"rarest": 5, "joined": 0.25},  # of texts alone, so that nothing differs
    "model": {"text": False},
    "train": {"new_signs": False},
    "sample": {"texts": None},
    "evaluate": {"read": 200},
    "recognise": {  # a section that has come since
        "enabled": False, "hidden": 96, "dropout": 0.1, "learning_rate": 0.004, "batch": 16, "epochs": 7, "rarest": 5,
        "start": None, "new_signs": False, "seed": 1, "threads": 2, "save_every": 30,
    },
}  # fmt: skip
COME_SINCE = {"recognise"}  # whole sections


def as_now(sections: dict[str, Any]) -> dict[str, Any]:
    """The sections of a params.yaml, of this penlift or of one before, as this one would have them."""
    return {name: MEANT.get(name, {}) | sections.get(name, {}) for name in (*sections, *_sections_lacking(sections))}


def _sections_lacking(sections: dict[str, Any]) -> list[str]:
    """The sections that a whole params.yaml from before has not got."""
    whole = sections.keys() >= MEANT.keys() - COME_SINCE
    return sorted(COME_SINCE - sections.keys()) if whole else []


def lacking(sections: dict[str, Any]) -> str:
    """What to add to a params.yaml from before, so that it means what it did; nothing where all is there."""
    new = {
        name: [f"`{key}: {json.dumps(value)}`" for key, value in meant.items() if key not in sections[name]]
        for name, meant in MEANT.items()
        if name in sections
    }
    keys = [f"{' and '.join(keys)} to {name}" for name, keys in new.items() if keys]
    return ", ".join([*keys, *(f"`{name}: {json.dumps(MEANT[name])}`" for name in _sections_lacking(sections))])


def demand_new(sections: dict[str, Any], place: Path | str) -> None:
    """Raise InputError with all that a params.yaml from before lacks: what it goes by stands in it, not in code."""
    if wanted := lacking(sections):
        raise InputError(f"{place}: lacks parameters that are newer than it; add {wanted}, and it means what it did")


LONGEST, MOST, NAME = 2**16, 10_000, 100  # bytes of a file; values in it, aliases followed; characters of a name


def parsed(content: bytes, place: Path | str) -> Any:
    """Read YAML with DVC's own parser, so that both see the same values (`1e-3` is a float); `place`: for errors.

    What it holds is plain: texts, integers of 64 bits, floats, true, false and null, in lists or under names.
    """
    try:
        if len(content) > LONGEST:
            raise ValueError(f"it has {len(content):,} bytes, and {LONGEST:,} are the most")
        found = YAML(typ="safe", pure=True).load(io.StringIO(content.decode("utf-8")))
        _demand_plain(found)
    except (YAMLError, ArithmeticError, LookupError, RecursionError, ValueError) as error:  # ruamel leaves some to us
        raise InputError(f"{place}: not readable as YAML in UTF-8 ({one_line(error)}); mend it there") from None
    return found


def _demand_plain(found: Any) -> None:
    """Raises ValueError where something else than plain values is nested, or more than anybody writes."""
    waiting, seen = [found], 0
    while waiting:
        value, seen = waiting.pop(), seen + 1
        if seen + len(waiting) > MOST:
            raise ValueError(f"over {MOST:,} values, aliases followed")
        if isinstance(value, dict):
            for name in value:
                if not (isinstance(name, str) and name.isprintable() and len(name) <= NAME):
                    raise ValueError(f"{cut_short(name)} is no name; write a text of up to {NAME} letters")
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int) and value.bit_length() > 63:
            raise ValueError(f"an integer of {value.bit_length()} bits; 64 are the most")
        elif isinstance(value, str) and storable(value) != value:
            raise ValueError(f"a control character in {cut_short(value)}")
        elif not isinstance(value, str | int | float | None):
            raise ValueError(f"{cut_short(value)} is neither text nor number; write it in quotes")


def sections_in(content: bytes, place: Path | str) -> dict[str, Any]:
    """Read what a params.yaml holds, section by section."""
    sections = parsed(content, place)
    if not isinstance(sections, dict):
        raise InputError(f"{place}: holds {cut_short(sections)}, not sections of parameters; restore it with git")
    for name, values in sections.items():
        if not isinstance(values, dict):
            raise InputError(f"{place}: section {name!r} is {cut_short(values)}, not parameters; restore it with git")
    return sections


def read_params(path: Path) -> dict[str, Any]:
    """Read the whole of params.yaml."""
    try:
        return sections_in(path.read_bytes(), path)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; restore it with `git checkout params.yaml`") from None


def read_section(path: Path, name: str, record: type[Section]) -> Section:
    """Read section `name` of params.yaml as its record."""
    sections = read_params(path)
    if name not in sections:
        near = difflib.get_close_matches(name, sections, n=1)
        remedy = f"is it {near[0]!r}?" if near else f"it needs {', '.join(record.model_fields)}"
        raise InputError(f"{path}: section {name!r} is missing; {remedy}")
    section = checked(name, as_now(sections)[name], record, path.name)
    demand_new(sections, path)  # behind what is wrong in it, such as a new key with a slip
    return section


def checked(name: str, values: dict[str, Any], record: type[Section], place: str) -> Section:
    """A section as its record; `place` is named where it is at fault."""
    try:
        return record.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{place}: {some(_explain(name, record, fault) for fault in error.errors())}") from None


def _explain(section: str, record: type[Params], fault: Any) -> str:
    fields = list(record.model_fields)
    if not fault["loc"]:
        return f"{section}: {fault['ctx']['error']}"
    key = str(fault["loc"][0])
    if fault["type"] == "missing":
        meaning = record.model_fields[key].description or "see the comments in params.yaml"
        return f"{section}.{key} is missing; add it ({meaning})"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, fields, n=1)
        remedy = f"did you mean {section}.{near[0]}?" if near else f"known: {', '.join(fields)}"
        return f"{section}.{key} is not a parameter; {remedy}"
    return f"{section}.{value_at_fault(fault)}"


def value_at_fault(fault: Any) -> str:
    """One of pydantic's faults, of a value that a record does not take, in words."""
    wanted = re.sub(r"^\w+ should ", "it should ", fault["msg"])
    return f"{fault['loc'][0]} is {cut_short(fault['input'])}; {wanted}"


def apply(preset: Path, params: Path) -> list[str]:
    """Set the values of a preset in params.yaml, all comments kept; what changed, a line each."""
    if not preset.is_file():
        there = sorted(path.stem for path in preset.parent.glob("*.yaml"))
        raise InputError(f"no preset {cut_short(preset.stem)}; there are {', '.join(there)}")
    try:
        return set_values(params, read_params(preset))
    except KeyError as error:
        raise InputError(f"{preset}: {error.args[0]} is no parameter of {params}; take it out") from None


def set_values(params: Path, wanted: dict[str, dict[str, Any]]) -> list[str]:
    """Set values in params.yaml, section by section, all comments kept; what changed, a line each.

    Raises KeyError with the name of what is no parameter there.
    """
    known = read_params(params)
    demand_new(known, params)
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 200
    yaml.representer.add_representer(type(None), lambda it, _: it.represent_scalar("tag:yaml.org,2002:null", "null"))
    content = yaml.load(params.read_text(encoding="utf-8"))
    changed = []
    for section, values in wanted.items():
        for key, value in values.items():
            if key not in known.get(section, {}):
                raise KeyError(f"{section}.{key}")
            if known[section][key] != value:
                content[section][key] = value
                changed.append(f"{section}.{key}: {json.dumps(known[section][key])} -> {json.dumps(value)}")
    with whole_file(params) as part, part.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)
    return changed


def flatten(nested: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings, each under its path."""
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
