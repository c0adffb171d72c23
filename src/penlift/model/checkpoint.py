"""A trained network on disk: weights as safetensors, and beside them, as JSON, what is needed to load them."""

from pathlib import Path
from typing import Literal, NamedTuple

import torch
from pydantic import BaseModel
from pydantic_core import from_json, to_json
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE, write_bytes, write_json
from penlift.ink.alphabet import Alphabet
from penlift.ink.scales import Scales
from penlift.model.network import ModelParams, Network, floor_of

WEIGHTS, CONFIG = "model.safetensors", "model.json"
VERSION = 2  # of model.json
BEFORE = {"text": False}  # what a key meant that an older version did not have


class Model(NamedTuple):
    """A network, how it is built, and the scales of its offsets."""

    network: Network
    params: ModelParams
    scales: Scales
    texts: tuple[str, ...] = ()  # of some held-out lines, for a network that writes texts


class _Config(BaseModel):
    version: Literal[1, 2] = 1
    model: ModelParams
    scales: Scales
    signs: str | None = None  # of the alphabet
    texts: tuple[str, ...] = ()

    @property
    def alphabet(self) -> Alphabet | None:
        return Alphabet(self.signs) if self.model.text and self.signs is not None else None


def _read_config(content: bytes) -> _Config:
    """What `save_model` wrote, as this penlift would have."""
    config = from_json(content)
    if isinstance(config, dict) and isinstance(config.get("model"), dict):
        config["model"] = BEFORE | config["model"]
    return _Config.model_validate_json(to_json(config), strict=True)


def files_of(folder: Path) -> list[Path]:
    """The files of a model."""
    return [folder / WEIGHTS, folder / CONFIG]


def save_model(folder: Path, model: Model) -> None:
    """Write a model; no pickle is involved."""
    weights = {name: weight.cpu().contiguous() for name, weight in model.network.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(weights))
    content = {"version": VERSION, "model": model.params.model_dump(), "scales": model.scales.as_json()}
    if model.network.alphabet:
        content |= {"signs": model.network.alphabet.signs, "texts": model.texts}
    write_json(folder / CONFIG, content)


def load_model(folder: Path) -> Model:
    """Read a model that `save_model` wrote, ready to predict."""
    if missing := [file.name for file in files_of(folder) if not file.is_file()]:
        raise InputError(f"{folder}: no model ({missing[0]} is missing); train one with `dvc repro train`")
    try:
        config = _read_config((folder / CONFIG).read_bytes())
        with torch.device("meta"):  # takes no memory before the weights are known to be those of such a network
            network = Network(config.model, floor_of(config.scales.scale), config.alphabet)
        weights = load_file(folder / WEIGHTS)
        for name, weight in weights.items():
            sound = weight.isfinite() & (weight > 0) if name == "floor" else weight.isfinite()
            if weight.dtype != torch.float32 or not sound.all():
                raise ValueError(f"{name} is not finite float32, or a size that is not above 0")
        network.load_state_dict({name: weight.clone() for name, weight in weights.items()}, assign=True)
    except (SafetensorError, *DAMAGE) as error:
        fault = one_line(error)
        raise InputError(f"{folder}: a damaged model ({fault}); train it again with `dvc repro -f train`") from None
    return Model(network.eval(), config.model, config.scales, config.texts)


def begin_with(network: Network, folder: Path, params: ModelParams, scales: Scales) -> None:
    """Give a new network the weights of a trained one, which must be of its shape and see offsets at its scale.

    One that reads may know more signs: those keep the weights that they have.
    """
    trained = load_model(folder)
    for name, value in params.model_dump(exclude={"dropout"}).items():
        if (other := getattr(trained.params, name)) != value:
            raise InputError(
                f"{folder}: a model with {name} {other!r} cannot begin one with {value!r}; set model.{name}"
            )
    for name in ("cap", "shift", "scale", "rate"):
        if (other := getattr(trained.scales, name)) != (own := getattr(scales, name)):
            raise InputError(
                f"{folder}: trained on offsets with {name} {other}, not {own}; set section normalise alike"
            )
    weights, known, own = trained.network.state_dict(), trained.network.alphabet, network.alphabet
    if known and own and known != own:
        places = [place - known.size for place in range(known.size)]  # from the end of what reads the window
        to = [own.place(sign) - own.size for sign in known.signs] + [-2, -1]
        for name, fresh in network.state_dict().items():
            if fresh.shape != weights[name].shape:
                kept = weights[name].shape[1] - known.size
                fresh[:, :kept], fresh[:, to] = weights[name][:, :kept], weights[name][:, places]
                weights[name] = fresh
    network.load_state_dict(weights)
