"""A run judged in words, each verdict with the rule that it follows, so that nobody has to trust it.

A new verdict is a function below, and a line of `verdicts`; the page of a run shows whatever that yields.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from penlift.evaluation.results import A_POINT, judged_split
from penlift.sampling.health import FAULTS

UNEVEN = 0.05  # largest Kolmogorov-Smirnov distance of a density that is called calibrated
OFF = 0.03  # most that the coverage of a region may be off its level
LIFT_OFF = 0.01  # largest mean error of lift probabilities
TURNED = 0.05  # nats a point that the last epoch may be worse than the best
GAP = 0.5  # nats a point that held-out lines may score worse than training lines
NEAR = 0.8  # least distance of samples to training lines, by that of people's lines
ALIKE = 0.7  # least variety of samples, by that of people's lines
FAULTY = 0.05  # largest share of samples with a fault
WORSE, MORE = 1.5, 0.10  # times as many letters read wrongly as people's, or so many more, whichever is more
FARTHER = 1.5  # times as far from held-out lines as those from each other


class Verdict(NamedTuple):
    """An answer."""

    question: str
    good: bool
    words: str  # the figures behind it
    rule: str


def verdicts(metrics: dict[str, Any], history: pd.DataFrame, point: str = "point") -> Iterator[Verdict]:
    """Judge a run by metrics.json and history.csv; what so little ink says nothing of has no verdict.

    `point`: what likelihoods are of, as `scales.point_of` has it.
    """
    split = judged_split(metrics)
    if f"{A_POINT}_high" in metrics[split]:
        yield _learnt(metrics[split], split, point)
    yield _calibrated(metrics["calibration"])
    yield _general(metrics, split, history, point)
    if group := next(
        (found for name in ("unseen", "seen") if (found := metrics.get("legibility", {}).get(name))), None
    ):
        yield _readable(group)
    written = metrics["free_running"]
    for judge, needed in ((_own, "nearness_to_training"), (_varied, "relative_variety"), (_healthy, "samples"),
                          (_moving, "ks_mean_of_real")):  # fmt: skip
        if needed in written:
            yield judge(written)


def _learnt(figures: dict[str, Any], split: str, point: str) -> Verdict:
    nll, blind = figures[A_POINT]["tablet"], figures[f"baseline_{A_POINT}"]["tablet"]
    low, high = (figures[f"{A_POINT}_{side}"]["tablet"] for side in ("low", "high"))
    words = (
        f"{nll:.3f} nats a {point} [{low:.3f}, {high:.3f}] on the {split} split, tablet units: {blind - nll:.3f} below "
        "what one mixture of offsets and one lift rate can say."
    )
    return Verdict("Better than no network?", high < blind, words, "The whole interval lies below the baseline.")


def _calibrated(figures: dict[str, Any]) -> Verdict:
    levels = {key: float(key.removeprefix("coverage_")) / 100 for key in figures if key.startswith("coverage_")}
    off = max(abs(figures[key] - level) for key, level in levels.items())
    uneven = max(figures["ks_dx"], figures["ks_dy"])
    good = uneven <= UNEVEN and off <= OFF and figures["lift_error"] <= LIFT_OFF
    inside = ", ".join(f"{100 * figures[key]:.1f} % in {100 * level:.0f} % regions" for key, level in levels.items())
    words = (
        f"Distances from uniform {figures['ks_dx']:.3f} in dx, {figures['ks_dy']:.3f} in dy; {inside}; lift "
        f"probabilities {figures['lift_error']:.4f} off."
    )
    rule = (
        f"Kolmogorov-Smirnov distances up to {UNEVEN}, coverage off by up to {100 * OFF:.0f} points, lifts by up to "
        f"{LIFT_OFF}."
    )
    return Verdict("Calibrated?", good, words, rule)


def _general(metrics: dict[str, Any], split: str, history: pd.DataFrame, point: str) -> Verdict:
    held_out = history["valid_nll_nats_per_point"]
    turned = float(held_out.iloc[-1] - held_out.min())
    gap = metrics[split][A_POINT]["tablet"] - metrics["train"][A_POINT]["tablet"]
    way = "worse" if gap >= 0 else "better"
    words = (
        f"{split} lines score {abs(gap):.3f} nats a {point} {way} than training lines do; the last epoch is "
        f"{turned:.3f} worse on the valid split than the best."
    )
    rule = f"Up to {GAP} and up to {TURNED} nats a {point}."
    return Verdict("Free of over-fitting?", gap <= GAP and turned <= TURNED, words[0].upper() + words[1:], rule)


def _readable(figures: dict[str, Any]) -> Verdict:
    ours, people = figures["bias_0_5"], figures["people"]["cer"]
    between = f" [{100 * ours['cer_low']:.1f}, {100 * ours['cer_high']:.1f}]" if "cer_low" in ours else ""
    words = (
        f"{100 * ours['cer']:.1f} %{between} of the letters written at bias 0.5 are read wrongly, of the same texts in "
        f"people's hands {100 * people:.1f} %, by the recogniser of this run."
    )
    rule = f"Up to {WORSE:g} times as many as people's, or {100 * MORE:.0f} points more, whichever is more."
    return Verdict("Can it be read?", ours["cer"] <= max(WORSE * people, people + MORE), words, rule)


def _own(figures: dict[str, Any]) -> Verdict:
    near, copied = figures["nearness_to_training"], figures["copied_share"]
    words = (
        f"Samples lie {near:.2f} times as far from the training line nearest in shape as held-out lines do; "
        f"{100 * copied:.0f} % of them less than half as far."
    )
    rule = f"At least {NEAR} times, and no more than {100 * FAULTY:.0f} %."
    return Verdict("No copies of training lines?", near >= NEAR and copied <= FAULTY, words, rule)


def _varied(figures: dict[str, Any]) -> Verdict:
    variety = figures["relative_variety"]
    words = f"Samples are {variety:.2f} times as unlike one another in shape as held-out lines are."
    return Verdict("As varied as what it learned from?", variety >= ALIKE, words, f"At least {ALIKE} times.")


def _healthy(figures: dict[str, Any]) -> Verdict:
    found = {fault: figures[key] for fault in FAULTS if (key := f"{fault}_share") in figures}
    words = ", ".join(f"{100 * share:.0f} % {fault.replace('_', ' ')}" for fault, share in found.items())
    rule = f"No fault in more than {100 * FAULTY:.0f} % of the samples."
    return Verdict("Samples in order?", max(found.values()) <= FAULTY, words[0].upper() + words[1:] + ".", rule)


def _moving(figures: dict[str, Any]) -> Verdict:
    ours, floor = figures["ks_mean"], figures["ks_mean_of_real"]
    words = (
        f"Over the measures of movement, samples lie {ours:.3f} from held-out lines, which lie {floor:.3f} from each "
        "other (Kolmogorov-Smirnov, mean)."
    )
    return Verdict("Does it move like its models?", ours <= FARTHER * floor, words, f"Up to {FARTHER:g} times as far.")
