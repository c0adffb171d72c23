"""A sweep's answer rests on the trials that are finished, says what they show, and invents nothing for the rest."""

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import text_of
from lxml import html
from made_up_sweep import sweep_of, tried_all

from penlift.common.errors import InputError
from penlift.experiments.comparison import Answer, Comparison, Level, answer_of, tables_of
from penlift.experiments.comparison_page import bounded, page_of_answer, sentence, text_of_answer
from penlift.experiments.sweeps.design import REFERENCE, Trial
from penlift.experiments.sweeps.finished import Tried
from penlift.report.html import said

MORE = {"1": 0.3, "10": 0.001, "gru": -0.1}


def nll(trial: Trial) -> float:
    """More with one mixture, less with a GRU, and a little by seed."""
    return 5 + sum(MORE.get(level, 0) for level in trial.levels.values()) + 0.001 * trial.seed


def finished(design: str = "one-at-a-time", seeds: int = 3, seconds: float = math.nan) -> list[Tried]:
    return tried_all(sweep_of(design, seeds), nll, seconds=seconds)


def others_in(found: Comparison) -> list[Level]:
    return [each for factor in found.factors for each in factor.others]


@pytest.fixture(scope="module")
def whole() -> Answer:
    return answer_of(sweep_of(), finished(seconds=60.0), seed=1)


@pytest.fixture(scope="module")
def page(whole: Answer) -> str:
    return page_of_answer(whole)


def test_one_at_a_time_a_level_does_what_its_configuration_differs_by(whole: Answer) -> None:
    beside = [each.effect for each in whole.configurations if each.effect]

    assert [each.effect for each in others_in(whole)] == beside
    assert [each.words for each in whole.configurations] == ["reference", "mixtures 1", "mixtures 10", "cell gru"]
    assert [round(each.effect.difference, 1) for each in others_in(whole)] == [0.3, 0.0, -0.1]


def test_in_a_grid_a_level_does_the_mean_of_what_it_does_beside_each_other_level() -> None:
    tried = finished("grid")

    found = answer_of(sweep_of("grid"), tried, seed=1)

    (main,) = (each.effect for each in others_in(found) if each.name == "1")
    nll_of = {each.words: each.mean for each in found.configurations}
    simple = [nll_of["mixtures 1"] - nll_of["reference"], nll_of["mixtures 1 cell gru"] - nll_of["cell gru"]]
    assert main.difference == pytest.approx(np.mean(simple))
    assert (main.seeds, main.pairs) == (3, 6)


def test_the_order_in_which_trials_ended_says_nothing(page: str) -> None:
    tried = finished(seconds=60.0)

    assert page_of_answer(answer_of(sweep_of(), tried[::-1], seed=1)) == page


def test_each_factor_has_its_sentence(whole: Answer) -> None:
    one, ten, gru = (each.effect for each in others_in(whole))

    def figures(effect: Any) -> str:
        return f"({bounded(effect)}, worse for {effect.worse} of 12 writers)"

    assert sentence(whole, whole.factors[0]) == (
        f"1 {figures(one)} is worse than 20; 10 {figures(ten)} is equal to 20 within 0.02."
    )
    assert sentence(whole, whole.factors[1]) == f"gru {figures(gru)} is better than lstm."


def test_a_terminal_shows_every_configuration_and_every_sentence(whole: Answer) -> None:
    text = text_of_answer(whole)

    assert text.startswith("All 12 trials are finished.")
    assert all(f"\n{each.words} " in text and f" {each.mean:.3f} " in text for each in whole.configurations)
    assert all(f"{factor.name}: {sentence(whole, factor)}" in text for factor in whole.factors)


def test_tables_hold_every_figure(whole: Answer) -> None:
    configurations, effects, writers = tables_of(whole)

    assert list(configurations["nll"]) == [each.mean for each in whole.configurations]
    assert list(configurations["seeds"]) == [3, 3, 3, 3]
    assert list(configurations["seconds"]) == [60.0] * 4
    assert list(effects["difference"]) == [each.effect.difference for each in others_in(whole)]
    assert list(effects["verdict"]) == ["worse than 20", "equal to 20 within 0.02", "better than lstm"]
    differences = pd.concat([each.writers["difference"] for each in others_in(whole)])
    assert list(writers["difference"]) == list(differences)
    assert list(writers["writer"]) == list(differences.index)


def test_where_writers_are_few_the_page_says_what_is_one_writers_alone(page: str) -> None:
    sweep = sweep_of()
    few = [each._replace(run=each.run._replace(lines=by_three(each.run.lines))) for each in finished()]

    found = answer_of(sweep, few, seed=1)

    text = text_of(page_of_answer(found))
    assert "by writer" in text
    assert "by writer" not in text_of(page)
    for level in others_in(found):
        assert {said(value) for value in level.writers["difference"]} <= set(text.split())


def by_three(lines: pd.DataFrame) -> pd.DataFrame:
    """The same lines, by three writers."""
    return lines.assign(writer=[f"w{number % 3}" for number in range(len(lines))])


def test_the_page_says_what_was_asked_on_what_and_every_figure(whole: Answer, page: str) -> None:
    text = text_of(page).replace("\N{NO-BREAK SPACE}", " ")

    for told in ("What do mixtures and the cell change?", "seeds 1, 2 and 3", "data/corpus", "60 held-out lines",
                 "test split", "nats a point, tablet units", "All 12 trials", "model.hidden: 16"):  # fmt: skip
        assert told in text
    for each in whole.configurations:
        assert {said(each.mean), said(each.deviation)} <= set(text.split())
    for level in others_in(whole):
        assert bounded(level.effect) in text


def test_of_points_that_all_trials_thin_alike_the_answer_says_the_rate() -> None:
    thinned = sweep_of().model_copy(update={"set": {"normalise.rate": 30}})
    found = answer_of(thinned, tried_all(thinned, lambda _: 5.0, seconds=60.0), seed=1)

    for told in (text_of(page_of_answer(found)), text_of_answer(found)):
        assert "nats a point of 30 Hz, tablet units" in told
        assert not re.search("nats a point(?! of 30 Hz)", told)


def read(tried: list[Tried], judge: str = "f00d") -> list[Tried]:
    """The same trials, of whose 40 texts one recogniser read letters wrongly: with one mixture ever the first ten."""
    rng, texts = np.random.default_rng(0), 40
    letters, seen = rng.integers(20, 40, texts), np.arange(texts) % 4 == 3

    def told(each: Tried) -> pd.DataFrame:
        wrong = rng.integers(0, 3, texts) + 10 * (each.trial.levels["model.mixtures"] == "1")
        sides = {"people": 0 * wrong, "bias 0.5": wrong, "bias 1": letters}
        columns = {"line": [f"l{number:03}" for number in range(texts)], "writer": "w0", "seen": seen, "text": "t",
                   "read": "r", "letters": letters, "deletions": 0, "insertions": 0}  # fmt: skip
        return pd.concat([pd.DataFrame({"of": of} | columns | {"substitutions": count}) for of, count in sides.items()])

    return [each._replace(run=each.run._replace(read=told(each), judge=judge, metrics={"test": {}})) for each in tried]


def test_a_sweep_may_be_judged_by_how_well_what_is_written_can_be_read() -> None:
    sweep = sweep_of().model_copy(update={"judged_by": "legibility", "equal": 0.01})
    tried = read(finished(seconds=60.0))
    tried[0].run.params["normalise"]["rate"] = 30  # no likelihood is compared, so no rate need be one

    found = answer_of(sweep, tried, seed=1)

    one = found.configurations[1]
    whole = pd.concat([each.run.read for each in tried if each.trial.levels["model.mixtures"] == "1"])
    judged = whole[(whole["of"] == "bias 0.5") & ~whole["seen"]]
    assert one.mean == pytest.approx(judged["substitutions"].sum() / judged["letters"].sum())
    assert one.effect is not None
    assert one.effect.difference == pytest.approx(10 * len(judged) / judged["letters"].sum(), abs=0.01)
    assert "1 (" in sentence(found, found.factors[0])
    assert "is worse than 20" in sentence(found, found.factors[0])
    for told in (text_of(page_of_answer(found)), text_of_answer(found)):
        assert "30 texts of the test split that stand in no training line, as recogniser f00d reads" in told
        assert "share of the letters" in told
        assert "tablet units" not in told
    assert "cer" in tables_of(found).configurations


def test_error_rates_of_two_recognisers_and_what_nobody_read_make_no_answer() -> None:
    sweep = sweep_of().model_copy(update={"judged_by": "legibility"})
    some, unread = read(finished()), finished()

    with pytest.raises(InputError, match="error rates of different recognisers do not compare"):
        answer_of(sweep, [*some[:-1], *read(unread[-1:], "beef")], seed=1)
    with pytest.raises(InputError, match=r"nobody read what small-reference-s1 writes; set model\.text and recog"):
        answer_of(sweep, unread, seed=1)


def test_the_page_needs_nothing_from_elsewhere_and_every_picture_has_its_words(page: str) -> None:
    tree: Any = html.fromstring(page)

    assert not tree.xpath("//script | //link | //iframe | //object")
    assert all(source.startswith("data:image/svg+xml;base64,") for source in tree.xpath("//@src"))
    assert all(image.get("alt") for image in tree.xpath("//img"))
    assert len({image.get("alt") for image in tree.xpath("//img")}) == len(tree.xpath("//img"))
    assert len(tree.xpath("//table")) == len(tree.xpath("//table/caption"))


def test_each_level_shows_lines_of_the_same_names_by_its_first_seed(page: str) -> None:
    tree: Any = html.fromstring(page)

    captions = [text for text in tree.xpath("//figcaption/text()") if ", seed" in text]

    levels = ["model.mixtures 20", "model.mixtures 1", "model.mixtures 10", "cell lstm", "cell gru"]
    assert captions == [f"{level}, seed 1." for level in levels]
    assert "Lines l000 and l003" in text_of(page)


def test_where_no_seconds_are_known_nothing_is_said_of_cost(page: str) -> None:
    assert "Cost and quality" in page
    assert "Cost and quality" not in page_of_answer(answer_of(sweep_of(), finished(), seed=1))


def test_what_is_not_finished_is_missing_and_the_rest_is_there() -> None:
    tried = [each for each in finished() if each.trial.levels["model.mixtures"] != "1"][:-1]

    found = answer_of(sweep_of(), tried, seed=1)
    text = text_of(page_of_answer(found))

    assert "8 of 12 trials are finished" in text
    assert "1 is not compared yet; 10 (" in sentence(found, found.factors[0])
    assert sentence(found, found.factors[1]).endswith(", 2 of 3 seeds) is better than lstm.")
    assert [each.seeds for each in found.configurations] == [3, 0, 3, 2]
    assert math.isnan(found.configurations[1].mean)
    assert "nan" not in text.lower().split()
    assert "nan" not in text_of_answer(found)


def test_without_the_reference_a_grid_still_tells_what_its_pairs_do() -> None:
    tried = [each for each in finished("grid") if each.trial.levels != sweep_of("grid").reference]

    found = answer_of(sweep_of("grid"), tried, seed=1)

    assert found.configurations[0].seeds == 0
    assert {each.effect.pairs for each in found.configurations if each.effect} == {0}
    assert {each.name: each.effect.pairs for each in others_in(found)} == {"1": 3, "10": 3, "gru": 6}
    assert text_of_answer(found).startswith("15 of 18 trials")


def test_of_a_search_no_level_is_compared_over_what_was_not_cut_short() -> None:
    grid = sweep_of("grid", seeds=1)
    harm = {("1", "lstm"): 0.6, ("1", "gru"): -0.05}  # one mixture is poor on the whole

    def harmed(trial: Trial) -> float:
        return harm.get((trial.levels["model.mixtures"], trial.levels["cell"]), 0.0)

    tried = tried_all(grid, lambda trial: 5.0 + harmed(trial))
    left = [each for each in tried if harmed(each.trial) < 0.3]

    found = answer_of(grid, left, 1, slots=9)

    assert found.factors == []
    assert len(found.configurations) == len(left)
    assert f"{len(left)} of 9 trials left their results here" in text_of_answer(found)
    sweep = answer_of(grid, left, 1)
    assert "1 (" in sentence(sweep, sweep.factors[0])  # what it would say otherwise
    assert "better than 20" in sentence(sweep, sweep.factors[0])
    assert "Poor ones are cut short" in text_of_answer(found)
    assert "Factors" not in page_of_answer(found)


def test_a_search_that_has_cut_its_reference_short_compares_with_the_best() -> None:
    grid = sweep_of("grid", seeds=1)
    tried = tried_all(grid, lambda trial: 4.0 if trial.levels["model.mixtures"] == "10" else 5.0)
    left = [each for each in tried if each.trial.levels != grid.reference]

    found = answer_of(grid, left, 1, slots=9)

    best = min(found.configurations, key=lambda each: each.mean)
    assert [each for each in found.configurations if each.effect is None] == [best]
    assert all(each.effect.pairs == 1 for each in found.configurations if each.effect)
    assert "worse than the best with one seed each" in text_of_answer(found)
    assert "differences from the best" in page_of_answer(found)
    assert answer_of(grid, tried, 1, slots=9).first == REFERENCE


def test_of_one_seed_verdict_and_page_say_that_another_may_turn_it() -> None:
    found = answer_of(sweep_of(seeds=1), finished(seeds=1), seed=1)

    assert {each.effect.drawn for each in others_in(found)} == {"writers"}
    page = text_of(page_of_answer(found)).replace("\N{NO-BREAK SPACE}", " ")
    assert "worse than 20 with one seed each" in page
    assert "over writers or lines alone and says nothing of other seeds" in page
    assert "1 of 1" not in page


def test_other_rates_other_caps_other_lines_and_nothing_are_refused() -> None:
    tried = finished()
    run = tried[-1].run
    capped = run._replace(params=run.params | {"normalise": {"cap": 90}})
    thinned = run._replace(params=run.params | {"normalise": {"cap": 500, "rate": 30}})
    shorter = run._replace(lines=run.lines[:-1])

    rates = rf"normalise\.rate is null in {tried[0].run.name} and 30 Hz in {run.name}, and nats a point of one rate"
    for wrong, told in (
        (thinned, rates),
        (capped, r"normalise\.cap differs"),
        (shorter, "hold out different test lines"),
    ):
        with pytest.raises(InputError, match=told):
            answer_of(sweep_of(), [*tried[:-1], tried[-1]._replace(run=wrong)], seed=1)
    with pytest.raises(InputError, match="no trial of sweep small is finished"):
        answer_of(sweep_of(), [], seed=1)
