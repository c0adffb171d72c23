"""A trained network on disk: weights as safetensors, and beside them, as JSON, what is needed to load them."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE, write_bytes, write_json
from penlift.ink.alphabet import Alphabet
from penlift.ink.scales import Scales
from penlift.model.network import ModelParams, Network, floor_of

WEIGHTS, CONFIG = "model.safetensors", "model.json"


class Change(NamedTuple):
    """A key that model.json has from one of its versions on."""

    since: int  # this version
    section: str  # or "", of the file itself
    key: str
    meant: Any  # what every model was that was saved before


CHANGES = (  # in their order; what of model.json changes is a row here, with the next version
    Change(2, "model", "text", False),  # none read a text, so that none has signs or texts either
    Change(2, "scales", "rate", None),  # points were taken as they came; it is left out where they still are
    Change(3, "", "ends", False),  # a network with text had not learned to say that all is written
)
VERSION = CHANGES[-1].since  # of model.json


class Model(NamedTuple):
    """A network, how it is built, and the scales of its offsets."""

    network: Network
    params: ModelParams
    scales: Scales
    texts: tuple[str, ...] = ()  # of some held-out lines, for a network that writes texts


class _Versioned(BaseModel):
    version: int = Field(default=1, ge=1, le=10_000)  # the first had none


class _Config(_Versioned):
    model: ModelParams
    scales: Scales
    signs: str | None = None  # of the alphabet
    texts: tuple[str, ...] = ()
    ends: bool = True

    @property
    def alphabet(self) -> Alphabet | None:
        return Alphabet(self.signs) if self.model.text and self.signs is not None else None


def _read_config(path: Path) -> _Config:
    """What `save_model` wrote, as that of this penlift would have; InputError where it is of a newer one."""
    content = path.read_bytes()
    version = _Versioned.model_validate_json(content, strict=True).version
    if version > VERSION:
        raise InputError(
            f"{path}: a model of version {version}, by a newer penlift; this one reads versions up to "
            f"{VERSION}: update it, or train a model with it"
        )
    config = from_json(content)
    for change in CHANGES:
        section = config.get(change.section) if change.section else config
        if version < change.since and isinstance(section, dict):
            section.setdefault(change.key, change.meant)
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
        content |= {"signs": model.network.alphabet.signs, "texts": model.texts, "ends": model.network.ends}
    write_json(folder / CONFIG, content)


def load_model(folder: Path) -> Model:
    """Read a model that `save_model` wrote, ready to predict."""
    if missing := [file.name for file in files_of(folder) if not file.is_file()]:
        raise InputError(f"{folder}: no model ({missing[0]} is missing); train one with `dvc repro train`")
    try:
        config = _read_config(folder / CONFIG)
        with torch.device("meta"):  # takes no memory before the weights are known to be those of such a network
            network = Network(config.model, floor_of(config.scales.scale), config.alphabet)
        network.ends = config.ends
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
        to = [own.place(sign) - own.size for sign in known.signs] + [-2, -1]  # what reads the window comes last
        for name, fresh in network.state_dict().items():
            if fresh.shape != weights[name].shape:
                kept = weights[name].shape[1] - known.size
                fresh[:, :kept], fresh[:, to] = weights[name][:, :kept], weights[name][:, kept:]
                weights[name] = fresh
    network.load_state_dict(weights)
