"""A trained network on disk: weights as safetensors, and beside them, as JSON, what is needed to load them."""

import json
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from penlift.common.errors import InputError, one_line
from penlift.common.files import write_bytes, write_json
from penlift.ink.scales import Scales, scales_of
from penlift.model.network import ModelParams, Network, floor_of

WEIGHTS, CONFIG = "model.safetensors", "model.json"


class Model(NamedTuple):
    """A network, how it is built, and the scales of its offsets."""

    network: Network
    params: ModelParams
    scales: Scales


def files_of(folder: Path) -> list[Path]:
    """The files of a model."""
    return [folder / WEIGHTS, folder / CONFIG]


def save_model(folder: Path, model: Model) -> None:
    """Write a model; no pickle is involved."""
    weights = {name: weight.cpu().contiguous() for name, weight in model.network.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(weights))
    write_json(folder / CONFIG, {"model": model.params.model_dump(), "scales": model.scales._asdict()})


def load_model(folder: Path) -> Model:
    """Read a model that `save_model` wrote, ready to predict."""
    if missing := [file.name for file in files_of(folder) if not file.is_file()]:
        raise InputError(f"{folder}: no model ({missing[0]} is missing); train one with `dvc repro train`")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        params, scales = ModelParams.model_validate(config["model"]), scales_of(config["scales"])
        network = Network(params, floor_of(scales.scale))
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (ValidationError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError) as error:
        fault = one_line(error)
        raise InputError(f"{folder}: a damaged model ({fault}); train it again with `dvc repro -f train`") from None
    return Model(network.eval(), params, scales)


def begin_with(network: Network, folder: Path, params: ModelParams, scales: Scales) -> None:
    """Give a new network the weights of a trained one, which must be of its shape and see offsets at its scale."""
    trained = load_model(folder)
    for name, value in params.model_dump(exclude={"dropout"}).items():
        if (other := getattr(trained.params, name)) != value:
            raise InputError(
                f"{folder}: a model with {name} {other!r} cannot begin one with {value!r}; set model.{name}"
            )
    for name in ("cap", "shift", "scale"):
        if (other := getattr(trained.scales, name)) != (own := getattr(scales, name)):
            raise InputError(
                f"{folder}: trained on offsets with {name} {other}, not {own}; set section normalise alike"
            )
    network.load_state_dict(trained.network.state_dict())
