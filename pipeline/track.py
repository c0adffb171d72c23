"""Stage track: the finished run, mirrored to MLflow."""

import os
from pathlib import Path

from checkout import ROOT, run

from penlift.dreams import read_dreams
from penlift.health import finite_part
from penlift.outcome import read_outcome
from penlift.params import read_params
from penlift.plots import previews_of
from penlift.provenance import name_of, tags_of
from penlift.tracking import Store, Unreachable, mirror


def main(ink: Path, models: Path, train: Path, samples: Path, metrics: Path, page: Path) -> None:
    params = read_params(ROOT / "params.yaml")
    outcome = read_outcome(params, ink, models, train, samples, metrics, page)
    previews = previews_of([finite_part(line).points for line in read_dreams(samples / "samples.npz")])
    store = Store.of(ROOT)
    try:
        run_id = mirror(outcome, store, name_of(params, os.environ), tags_of(ROOT, os.environ), previews)
    except Unreachable as error:
        print(f"{store.uri} does not answer ({error}); nothing is lost: `dvc repro track` sends the run once it does")
    else:
        print(f"run {run_id} in {store.uri}; look at it with `make ui`")


if __name__ == "__main__":
    run(main)
