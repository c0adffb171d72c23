"""What one run of the whole pipeline came to, read back from its files: all that a tracking server should hold."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from penlift.errors import InputError


@dataclass(frozen=True)
class Outcome:
    """Parameters, figures and files of a run. Two runs with the same of all three are one outcome."""

    params: dict[str, Any]  # "model.cell": "lstm"
    metrics: dict[str, float]  # "test.nll_nats_per_point.tablet": 5.0
    history: pd.DataFrame  # a row an epoch
    files: dict[str, list[Path]]  # folder of the artifacts -> files
    training: str  # hash of the weights: runs that share a training have it in common
    data: str  # hash of the ink
    made: str  # hash of all files that the run has left

    @property
    def fingerprint(self) -> str:
        """The same for the same outcome, whenever and wherever it was computed."""
        figures = json.dumps([self.params, self.metrics, self.training, self.data, self.made], sort_keys=True)
        return hashlib.sha256(figures.encode()).hexdigest()


def read_outcome(
    params: dict[str, Any], ink: Path, models: Path, train: Path, samples: Path, metrics: Path, page: Path
) -> Outcome:
    """Gather the outcome from the files that the stages made."""
    weights = models / "model.safetensors"
    try:
        files = {"model": sorted(models.glob("model.*")), "samples": sorted(samples.iterdir()), "report": [page]}
        return Outcome(
            params=dict(flatten(params)),
            metrics=dict(flatten(json.loads(metrics.read_text(encoding="utf-8")))),
            history=pd.read_csv(train / "history.csv"),
            files=files,
            training=_hash([weights]),
            data=_hash([ink / "points.npy", ink / "index.csv"]),
            made=_hash([train / "history.csv", *(file for folder in files.values() for file in folder)]),
        )
    except (FileNotFoundError, ValueError) as error:
        raise InputError(f"no finished run to track ({error}); make one with `dvc repro`") from None


def flatten(nested: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of nested mappings, each under its path with dots."""
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
