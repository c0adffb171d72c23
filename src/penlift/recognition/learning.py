"""Stage recognise: what a recogniser is learned from, its first weights, and what is left of it in the end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from penlift.common.files import whole_folder, write_json
from penlift.ink.lines import load_points
from penlift.recognition.checkpoint import begin_with, files_of, fingerprint_of, load_recogniser, save_recogniser
from penlift.recognition.lesson import ReadingLesson, as_training, lesson_of
from penlift.recognition.network import Recogniser
from penlift.recognition.params import INDEX, RecogniseParams
from penlift.training.optimisation import make_optimiser
from penlift.training.state import TrainState
from penlift.training.trainer import save_history


def load_lesson(ink: Path, params: RecogniseParams, root: Path) -> ReadingLesson:
    """What stage extract left; `recognise.start`, if any, is a folder below `root`."""
    known = load_recogniser(root / params.start).alphabet if params.start else None
    return lesson_of(load_points(ink), params.rarest, known, params.new_signs)


def begin(lesson: ReadingLesson, params: RecogniseParams, root: Path) -> TrainState[Recogniser]:
    """The state before the first step."""
    torch.manual_seed(params.seed)
    recogniser = Recogniser(params.hidden, params.dropout, lesson.alphabet)
    if params.start:
        begin_with(recogniser, load_recogniser(root / params.start))
    return TrainState(recogniser, make_optimiser(recogniser.parameters(), as_training(params)))


def facts_of(params: RecogniseParams, about: Mapping[str, Any]) -> dict[str, Any]:
    """Of a fingerprint, what decides beside code and data; `about`: on what it runs."""
    return {"recognise": params.model_dump(exclude={"enabled", "save_every"}), **about}


def data_of(ink: Path, params: RecogniseParams, root: Path) -> list[Path]:
    """Of a fingerprint, the files that are learned from, with the weights that it begins with."""
    return [ink / "points.npy", ink / "index.csv", *(files_of(root / params.start) if params.start else [])]


def save_learned(out: Path, state: TrainState[Recogniser], lesson: ReadingLesson, about: Mapping[str, Any]) -> None:
    """The recogniser of the best epoch, how it was learned, and an index: what it knows, and what was set aside."""
    state.network.load_state_dict(state.best)
    with whole_folder(out) as folder:
        save_recogniser(folder, state.network)
        save_history(folder, state, lesson.names, about)
        write_json(
            folder / INDEX,
            {
                "enabled": True,
                "fingerprint": fingerprint_of(folder),
                "weights": sum(weight.numel() for weight in state.network.parameters()),
                "lines": lesson.batches.lines,
                "counts": dict(lesson.counts),
                "unfit": dict(lesson.unfit),
            },
        )
