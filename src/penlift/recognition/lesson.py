"""The lesson of a recogniser: the texts of lines, each line bent a little each time; judged by letters read wrongly."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from penlift.common.errors import InputError
from penlift.common.geometry import Array
from penlift.ink.alphabet import Alphabet, texts_of
from penlift.ink.lines import LIFT, Ink, evenly
from penlift.ink.windows import of_like_length
from penlift.recognition.edits import Errors, errors
from penlift.recognition.features import features_of
from penlift.recognition.network import Lines, Recogniser, read_rows, rows_needed, together
from penlift.recognition.params import RecogniseParams
from penlift.recognition.reading import read
from penlift.training.lesson import Judged
from penlift.training.optimisation import TrainParams
from penlift.training.state import Epoch

JUDGED = 400  # held-out lines that are read behind each epoch, evenly taken
FIXED: dict[str, Any] = {  # how the weights move
    "optimiser": "adam", "beta2": 0.99, "schedule": "one-cycle", "warm_up": 0.1, "decay": 1.0, "loss": "mean",
    "clip": 5.0, "clip_outputs": None, "clip_gates": None, "weight_noise": 0.0, "grow": 0.0, "patience": None,
    "precision": "float32", "processes": 1, "device": "cpu",
}  # fmt: skip
SLANT, STRETCH, GROWTH = 0.2, 0.12, 0.08  # standard deviations: of shear, of the logarithms of width and of height


def as_training(params: RecogniseParams) -> TrainParams:
    """The same as training takes it."""
    asked = params.model_dump(include={"learning_rate", "batch", "epochs", "start", "new_signs", "seed", "threads"})
    return TrainParams(**FIXED, **asked, save_every=params.save_every)


class LinesToRead:
    """The training lines that have a text, each once an epoch, lines of about the same length side by side.

    Which stand in which step, and how they are bent, depends on seed, step and rows alone.
    """

    def __init__(self, ink: Ink, numbers: list[int], alphabet: Alphabet) -> None:
        """`numbers`: of the lines in the ink."""
        self.ink, self.numbers = ink, numbers
        self.codes = [alphabet.codes(text)[:-1] for text in ink.index["text"].iloc[numbers]]
        self.points = ink.index["points"].to_numpy()[numbers]
        self.lines: int | None = len(numbers)
        self.targets = sum(map(len, self.codes))
        self.length = max(map(len, self.codes))
        self._of_epoch = lru_cache(maxsize=1)(self._batches)

    def batch(self, seed: int, step: int, rows: int, _length: int) -> Lines:
        """The lines of a step, `rows` or, at an epoch's end, fewer."""
        epoch, place = divmod(step, -(-len(self.numbers) // rows))
        those = self._of_epoch(seed, epoch, rows)[place]
        draw = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 1, step]))
        bent = [bend(self.ink.rows_of(self.numbers[row]), draw.standard_normal(3)) for row in those]
        return together([features_of(line) for line in bent], [self.codes[row] for row in those])

    def _batches(self, seed: int, epoch: int, rows: int) -> list[npt.NDArray[np.int64]]:
        draw = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, epoch]))
        return of_like_length(self.points, rows, draw)


def bend(line: Array, by: npt.NDArray[np.float64]) -> Array:
    """A line slanted, stretched along itself and made higher by so many standard deviations each."""
    slant, stretch, growth = by * (SLANT, STRETCH, GROWTH)
    bent = line[:, : LIFT + 1].astype(np.float64)
    bent[:, 1] *= np.exp(growth)
    bent[:, 0] = np.exp(stretch) * (bent[:, 0] - slant * bent[:, 1])
    return bent


@dataclass(frozen=True)
class ReadingLesson:
    """What is learned from, and what is held out; see `penlift.training.lesson`."""

    verb: ClassVar = "learn to read"
    counted: ClassVar = "letters"
    shared: ClassVar = True  # trials of a sweep are read by the same recogniser
    names: ClassVar = ("train_nll_nats_per_letter", "valid_cer")
    batches: LinesToRead
    ink: Ink
    alphabet: Alphabet
    counts: Mapping[str, int]  # of each sign of the texts that are learned, how often it stands there
    unfit: Mapping[str, str]  # line -> why it is set aside

    def shown(self, nll: float) -> float:
        """Nats a letter, as they are."""
        return nll

    def judge(self, network: Recogniser) -> Judged:
        """Read held-out lines: letters wrong, of all that were to be read, and words."""
        those = evenly(self.ink.of_split("valid", with_text=True), JUDGED)
        texts, readings = self.ink.index["text"].iloc[those], read(network, map(self.ink.rows_of, those))
        each = (errors(network.alphabet.plain(text), found.text) for text, found in zip(texts, readings, strict=True))
        letters, words = sum(each, Errors())
        return Judged(letters.rate, {"valid_wer": words.rate})

    def look(self, _folder: Path) -> str:
        """What there is to see."""
        return f"learns to read {len(self.batches.numbers)} lines; {len(self.unfit)} are set aside"

    def note(self, loss: float, last: Epoch | None) -> str:
        """How it stands."""
        wrong = f", {100 * last.held_out:.1f} % of held-out letters wrong" if last else ""
        return f"{loss:.3f} nats/letter{wrong}"

    def said(self, epoch: Epoch) -> str:
        """What became of an epoch."""
        return (
            f"epoch {epoch.epoch}: {epoch.train:.3f} nats/letter in training, held out {100 * epoch.held_out:.1f} % of "
            f"letters and {100 * epoch.more['valid_wer']:.1f} % of words wrong{epoch.how}"
        )


def lesson_of(ink: Ink, rarest: int, known: Alphabet | None = None, new_signs: bool = False) -> ReadingLesson:
    """What can be learned of some ink; `known`: the signs of a recogniser that it begins with.

    InputError where no line of a split has a text.
    """
    numbers = np.array(ink.of_split("train"), dtype=np.int64)
    found = texts_of(ink.index, numbers, rarest, "recognise.enabled")
    alphabet = found.alphabet
    if known:
        alphabet = known.with_those_of(alphabet) if new_signs else known
    unfit, fit = dict(found.unfit), list[int]()
    for number in numbers.tolist():
        name, text = ink.index["line"].iloc[number], ink.index["text"].iloc[number]
        if name in unfit:
            continue
        if read_rows(len(features_of(ink.rows_of(number)).rows)) < rows_needed(alphabet.codes(text)[:-1]):
            unfit[name] = "more letters than its ink has room for"
        else:
            fit.append(number)
    if not fit:
        raise InputError("recognise.enabled is true, but no training line has ink enough for its text; set it to false")
    return ReadingLesson(LinesToRead(ink, fit, alphabet), ink, alphabet, found.counts, unfit)
