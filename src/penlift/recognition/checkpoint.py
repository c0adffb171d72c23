"""A recogniser on disk: weights as safetensors, and beside them, as JSON, what is needed to load them."""

from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field, TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from penlift.common.errors import InputError, one_line
from penlift.common.files import DAMAGE, digest_of, made_by_stage, write_bytes, write_json
from penlift.ink.alphabet import Alphabet
from penlift.recognition.network import Recogniser
from penlift.recognition.params import INDEX
from penlift.training.identity import DIGITS

WEIGHTS, CONFIG = "recogniser.safetensors", "recogniser.json"
VERSION = 1  # of recogniser.json


class _Config(BaseModel):
    version: int = Field(ge=1)
    hidden: int = Field(ge=1, le=2048)
    signs: str


def files_of(folder: Path) -> list[Path]:
    """The files of a recogniser."""
    return [folder / WEIGHTS, folder / CONFIG]


def save_recogniser(folder: Path, recogniser: Recogniser) -> None:
    """Write it into an existing folder; no pickle is involved."""
    weights = {name: weight.cpu().contiguous() for name, weight in recogniser.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(weights))
    write_json(folder / CONFIG, {"version": VERSION, "hidden": recogniser.hidden, "signs": recogniser.alphabet.signs})


def load_recogniser(folder: Path) -> Recogniser:
    """Read one that `save_recogniser` wrote, ready to read."""
    if missing := [name for name in (WEIGHTS, CONFIG) if not (folder / name).is_file()]:
        raise InputError(
            f"{folder}: no recogniser ({missing[0]} is missing); train one with recognise.enabled and `dvc repro`"
        )
    try:
        config = _Config.model_validate_json((folder / CONFIG).read_bytes(), strict=True)
        if config.version > VERSION:
            raise InputError(
                f"{folder / CONFIG}: a recogniser of version {config.version}, by a newer penlift; this one reads "
                f"version {VERSION}: update it, or train one with it"
            )
        with torch.device("meta"):  # takes no memory before the weights are known to be those of such a network
            recogniser = Recogniser(config.hidden, 0.0, Alphabet(config.signs))
        weights = load_file(folder / WEIGHTS)
        for name, weight in weights.items():
            if weight.dtype != torch.float32 or not weight.isfinite().all():
                raise ValueError(f"{name} is not finite float32")
        recogniser.load_state_dict({name: weight.clone() for name, weight in weights.items()}, assign=True)
    except (SafetensorError, *DAMAGE) as error:
        fault = one_line(error)
        raise InputError(
            f"{folder}: a damaged recogniser ({fault}); train it again with `dvc repro -f recognise`"
        ) from None
    return recogniser.eval()


def judge_in(folder: Path) -> Recogniser | None:
    """The recogniser that stage recognise left; None where it was not enabled."""
    with made_by_stage(folder / INDEX):
        enabled = TypeAdapter(dict[str, Any]).validate_json((folder / INDEX).read_bytes())["enabled"]
    return load_recogniser(folder) if enabled else None


def fingerprint_of(folder: Path) -> str:
    """Which recogniser lies there: the same for the same weights and signs."""
    return digest_of(files_of(folder))[:DIGITS]


def begin_with(recogniser: Recogniser, known: Recogniser) -> None:
    """Give a new recogniser the weights of a trained one, by sign; those of signs that are new stay as they are."""
    if known.hidden != recogniser.hidden:
        raise InputError(
            f"recognise.start has {known.hidden} units a layer, not {recogniser.hidden}; set recognise.hidden alike"
        )
    weights, own, theirs = known.state_dict(), recogniser.alphabet, known.alphabet
    to = [own.place(sign) for sign in theirs.signs] + [own.size - 2, own.end]
    for name, fresh in recogniser.head.named_parameters():
        with torch.no_grad():
            fresh[to] = weights[f"head.{name}"]
            weights[f"head.{name}"] = fresh.detach().clone()
    recogniser.load_state_dict(weights)
