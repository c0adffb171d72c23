"""Stage report: one static page that says what was run and what came out."""

from pathlib import Path

import pandas as pd

from checkout import ROOT, run

from penlift.dreams import read_dreams, read_lines
from penlift.files import write_text
from penlift.health import finite_part, read_health
from penlift.params import read_params
from penlift.report import Run, to_page
from penlift.results import line_of_each_writer, read_json, real_line


def main(ink: Path, offsets: Path, windows: Path, train: Path, samples: Path, metrics: Path, page: Path) -> None:
    told = Run(
        params=read_params(ROOT / "params.yaml"),
        ink=read_json(ink / "summary.json"),
        offsets=read_json(offsets / "summary.json"),
        windows=read_json(windows / "coverage.json"),
        history=pd.read_csv(train / "history.csv"),
        metrics=read_json(metrics),
        hands=line_of_each_writer(ink, most=30),
        real=real_line(ink),
        dreamt=[finite_part(line) for line in read_dreams(samples / "samples.npz")],
        health=read_health(samples / "health.csv"),
        learnt=read_lines(train / "samples.npy"),
    )
    write_text(page, to_page(told))


if __name__ == "__main__":
    run(main)
