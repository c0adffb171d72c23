"""Stage report: one static page with everything that a run came to."""

from pathlib import Path

from checkout import ROOT, run

from penlift.dreams import read_dreams, read_lines
from penlift.evaluated import read_evaluated
from penlift.files import write_text
from penlift.health import finite_part, read_health
from penlift.page_data import Material
from penlift.params import read_params
from penlift.report import Run, to_page
from penlift.results import line_of_each_writer, line_pairs, read_json, read_table


def main(
    ink: Path, offsets: Path, windows: Path, train: Path, samples: Path, metrics: Path, evaluate: Path, page: Path
) -> None:
    evaluated = read_evaluated(evaluate)
    real, counterparts = line_pairs(ink, evaluated.dreamt, most=5)
    told = Run(
        params=read_params(ROOT / "params.yaml"),
        made=Material(
            read_json(ink / "summary.json"), read_json(offsets / "summary.json"), read_json(windows / "coverage.json")
        ),
        history=read_table(train / "history.csv"),
        metrics=read_json(metrics),
        evaluated=evaluated,
        hands=line_of_each_writer(ink, most=30),
        real=real,
        counterparts=counterparts,
        dreamt=[finite_part(line) for line in read_dreams(samples / "samples.npz")],
        health=read_health(samples / "health.csv"),
        learnt=read_lines(train / "samples.npy"),
    )
    write_text(page, to_page(told))


if __name__ == "__main__":
    run(main)
