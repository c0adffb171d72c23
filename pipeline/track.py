"""Stage track: the finished run, mirrored to MLflow."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import ROOT, run

from penlift.common.params import read_params
from penlift.ink.scales import rate_in
from penlift.sampling.health import finite_part
from penlift.sampling.samples import read_lines, read_samples
from penlift.tracking.curves import slides_of
from penlift.tracking.outbox import hand_over
from penlift.tracking.outcome import record_of_outcome
from penlift.training.folder import states_of


def main(
    ink: Path, models: Path, train: Path, recogniser: Path, samples: Path, metrics: Path, evaluated: Path, page: Path
) -> None:
    params, made = read_params(ROOT / "params.yaml"), [models, train, recogniser, samples, metrics, evaluated, page]
    lines = [finite_part(line).points for line in read_samples(samples / "samples.npz")]
    record = replace(
        record_of_outcome(ROOT, params, ink, train, metrics, made),
        images=slides_of(read_lines(train / "samples.npy"), lines, thinned=rate_in(params) is not None),
    )
    print(hand_over(record, states_of(ROOT), ROOT))


if __name__ == "__main__":
    run(main)
