"""Figures with intervals: one formula, whatever part of the lines it is asked of."""

import numpy as np
import pandas as pd
import pytest
from networks import make_network

from penlift.evaluation.likelihood import figures_by_writer, summarise, tabulate
from penlift.evaluation.prediction import LAST, PLACES, STRETCHES, STROKES, SUMS, Examined, examine
from penlift.evaluation.results import A_LINE, A_POINT, ALL, ORDINARY
from penlift.ink.lines import Ink, load_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams, Scales
from penlift.model.scores import predict_lines

Found = tuple[Examined, Ink, Scales]


@pytest.fixture
def found(small_ink: Ink, tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("offsets")
    scales, _ = normalise(small_ink, NormaliseParams(cap=55.0, scale=20.0, rate=None), folder)
    ink = load_ink(folder)
    return examine(predict_lines(make_network(), ink, list(range(6))), ink, scales, seed=1), ink, scales


def test_every_figure_lies_in_its_interval_and_is_that_of_the_summary(found: Found) -> None:
    examined, _, scales = found

    table = tabulate(examined.lines, examined.places, scales, seed=1)

    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    summary = summarise(examined.lines, scales)
    whole = table[table["place"] == ALL].set_index(["figure", "unit"])["value"]
    for figure in ("nll_nats_per_point", "nll_nats_per_line", "offset_nll_nats_per_point"):
        assert whole[figure].to_dict() == pytest.approx(summary[figure])
    assert whole["lift_nll_nats_per_point", ""] == pytest.approx(summary["lift_nll_nats_per_point"])


def test_strokes_starts_and_insides_add_up_to_the_line_and_so_do_its_stretches(found: Found) -> None:
    examined, _, _ = found

    for parts in (STROKES, STRETCHES):
        rows = examined.places[examined.places["place"].isin(parts)]
        sums = rows.groupby("line")[list(SUMS)].sum()
        whole = examined.lines.set_index("line")[list(SUMS)].astype(float)
        pd.testing.assert_frame_equal(sums.loc[whole.index], whole, check_names=False)


def test_a_stroke_starts_where_the_point_before_lifted_and_not_at_the_first_of_a_line(found: Found) -> None:
    examined, ink, _ = found

    starts = examined.places[examined.places["place"] == "stroke starts"].set_index("line")["points"]

    for number, name in enumerate(ink.index["line"]):
        lifts = ink.rows_of(number)[1:, 2]
        assert starts[name] == lifts[:-1].sum()


def test_stretches_have_the_points_that_they_are_named_after(found: Found) -> None:
    examined, _, _ = found

    longest = examined.lines.sort_values("points").iloc[-1]
    of_it = examined.places[examined.places["line"] == longest["line"]].set_index("place")["points"]
    points = int(longest["points"])
    expected = np.diff(np.minimum([0, *LAST], points))
    assert [of_it[name] for name in STRETCHES[:-1]] == list(expected)


def test_an_empty_place_has_no_figure_and_no_place_has_one_a_line(found: Found) -> None:
    examined, _, scales = found

    table = tabulate(examined.lines, examined.places, scales, seed=1)

    assert "points from 1001" not in set(table["place"])
    assert set(table["place"]) <= {ALL, ORDINARY, *PLACES}
    assert set(table.loc[table["figure"] == A_LINE, "place"]) == {ALL, ORDINARY}


def test_writers_points_add_up_and_the_worst_comes_first(found: Found) -> None:
    examined, _, scales = found

    table = figures_by_writer(examined.lines, scales)

    assert table["points"].sum() == examined.lines["points"].sum()
    assert table[A_POINT].is_monotonic_decreasing
    mean = (table[A_POINT] * table["points"]).sum() / table["points"].sum()
    assert mean == pytest.approx(summarise(examined.lines, scales)[A_POINT]["tablet"])
