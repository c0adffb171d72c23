"""Known recipes, as files that say which values of params.yaml make them."""

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from penlift.errors import InputError
from penlift.files import whole_file
from penlift.params import read_params


def names_in(folder: Path) -> list[str]:
    """The presets of a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def apply(preset: Path, params: Path) -> list[str]:
    """Set the values of a preset in params.yaml, all comments kept; what changed, a line each."""
    if not preset.is_file():
        raise InputError(f"no preset {preset.stem!r}; there are {', '.join(names_in(preset.parent))}")
    try:
        return set_values(params, read_params(preset))
    except KeyError as error:
        raise InputError(f"{preset}: {error.args[0]} is no parameter of {params}; take it out") from None


def set_values(params: Path, wanted: dict[str, dict[str, Any]]) -> list[str]:
    """Set values in params.yaml, section by section, all comments kept; what changed, a line each.

    Raises KeyError with the name of what is no parameter there.
    """
    known = read_params(params)
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
