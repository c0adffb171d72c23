"""A run as its page is told of it."""

import pandas as pd
from conftest import ROOT
from pictures import some_densities, some_line
from small_run import IN_ORDER, SmallRun

from penlift.common.params import read_params
from penlift.evaluation.results import line_pairs, read_evaluated
from penlift.ink.offsets import Extremes
from penlift.ink.windows import Coverage
from penlift.report.run_page import DataSummaries, InkSummary, RunPage, SplitCounts
from penlift.sampling.health import table_of
from penlift.sampling.samples import Sample

COUNTS = SplitCounts(lines=9, points=1234, writers=4, forms=5)


HISTORY = pd.DataFrame(
    [(1, 2.0, 2.5), (2, 1.0, 1.5)], columns=["epoch", "train_nll_nats_per_point", "valid_nll_nats_per_point"]
)


def run_of(small: SmallRun) -> RunPage:
    evaluated = read_evaluated(small.evaluate)
    real, counterparts = line_pairs(small.ink, evaluated.dreamt, most=3)
    ink = InkSummary({"train": COUNTS, "test": COUNTS}, rejected=2, reasons={"no <b>points</b>": 2})
    windows = Coverage(lines=8, targets=1100, left_out=["a01-000u-03"], most_to_least=1.99)
    return RunPage(
        params=read_params(ROOT / "params.yaml"),
        made=DataSummaries(ink, Extremes(offsets=1200, capped=7, zero=11), windows),
        history=HISTORY,
        metrics=small.metrics,
        evaluated=evaluated,
        hands=[some_line(), some_line(), some_line()],
        real=real,
        counterparts=counterparts,
        dreamt=[Sample(some_line(), some_densities())] * 2,
        health=table_of([IN_ORDER] * 2),
        learnt=[some_line()] * 9,
    )
