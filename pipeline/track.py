"""Stage track: the finished run, mirrored to MLflow."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from checkout import ROOT, run

from penlift.common.params import read_params
from penlift.sampling.health import finite_part
from penlift.sampling.samples import read_lines, read_samples
from penlift.tracking.outbox import hand_over
from penlift.tracking.outcome import name_of, read_outcome, record_of_outcome, tags_of
from penlift.tracking.training import slides_of
from penlift.training.folder import states_of


def main(ink: Path, models: Path, train: Path, samples: Path, metrics: Path, evaluated: Path, page: Path) -> None:
    params, states = read_params(ROOT / "params.yaml"), states_of(ROOT)
    outcome = read_outcome(ROOT, params, ink, train, metrics, [models, train, samples, metrics, evaluated, page])
    name, tags = name_of(params, os.environ), tags_of(ROOT, params, os.environ)
    lines = [finite_part(line).points for line in read_samples(samples / "samples.npz")]
    with TemporaryDirectory(prefix="penlift-") as folder:
        images = slides_of(Path(folder), read_lines(train / "samples.npy"), lines)
        print(hand_over(record_of_outcome(outcome, states, name, tags, images), states, ROOT))


if __name__ == "__main__":
    run(main)
