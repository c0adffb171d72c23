"""Stage report: one static page with everything that a run came to."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import ROOT, run

from penlift.common.files import write_text
from penlift.common.params import read_params
from penlift.evaluation.results import line_of_each_writer, line_pairs, read_evaluated, read_json, read_table
from penlift.ink.alphabet import load_texts
from penlift.report.run_page import RunPage, page_of_run, read_metrics, read_summaries
from penlift.sampling.health import finite_part, read_health
from penlift.sampling.samples import read_lines, read_samples


def main(
    ink: Path, offsets: Path, windows: Path, train: Path, samples: Path, metrics: Path, evaluate: Path, page: Path
) -> None:
    evaluated = read_evaluated(evaluate)
    real, counterparts = line_pairs(ink, evaluated.dreamt, most=5)
    told = RunPage(
        params=read_params(ROOT / "params.yaml"),
        made=read_summaries(ink, offsets, windows),
        history=read_table(train / "history.csv"),
        metrics=read_metrics(metrics),
        evaluated=evaluated,
        hands=line_of_each_writer(ink, most=30),
        real=real,
        counterparts=counterparts,
        dreamt=[finite_part(line) for line in read_samples(samples / "samples.npz")],
        health=read_health(samples / "health.csv"),
        learnt=read_lines(train / "samples.npy"),
        texts=load_texts(windows),
        signs=read_json(train / "training.json").get("signs", ""),
    )
    write_text(page, page_of_run(told))


if __name__ == "__main__":
    run(main)
