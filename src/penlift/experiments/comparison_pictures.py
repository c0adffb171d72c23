"""The pictures of a comparison: differences as a forest plot, cost against quality, learning curves, dreamt lines."""

import math
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement
from lxml.html import builder as tag
from matplotlib.ticker import MaxNLocator

from penlift.drawing.plots import panels, saved
from penlift.drawing.svg import HUES, INK, draw_plain, page_of
from penlift.evaluation.results import A_POINT, points_of_lines
from penlift.experiments.comparison import Comparison, Configuration, Factor, Measure
from penlift.experiments.runs import Run
from penlift.ink.lines import evenly
from penlift.ink.scales import hertz, point_of, rate_in
from penlift.report.html import figure, paragraph, section

ROW = 0.22  # inches: of a label beside a plot
NAMED = 20  # configurations beside a plot, the best
COLUMNS = 3
SHOWN = 2  # lines of each level


def draw_forest(factor: Factor, equal: float, unit: str) -> bytes:
    """SVG of the first level at 0 and of the others below it, by their names; differences up to `equal` are shaded.

    `unit`: as `Measure` has it.
    """
    names = [level.name for level in factor.levels]
    canvas, (axes,) = panels(1, 1, (9.0, 0.8 + 0.35 * len(names)))
    axes.axvspan(-equal, equal, color="#e9edf3", linewidth=0)
    axes.axvline(0, color="#888888", linewidth=1, linestyle="--")
    axes.plot([0], [0], "o", color="white", markeredgecolor=HUES[0])
    for row, level in enumerate(factor.others, 1):
        axes.plot([level.effect.low, level.effect.high], [-row, -row], color=HUES[0], linewidth=2)
        axes.plot([level.effect.difference], [-row], "o", color=HUES[0])
    axes.set_yticks([-row for row in range(len(names))], labels=names)
    axes.set(xlabel=f"difference from {factor.first}, {unit}", ylim=(0.6 - len(names), 0.6))
    return saved(canvas, "svg")


def pictures_of(found: Comparison) -> Iterator[HtmlElement]:
    """A section each, as far as it is known; a search has no factors."""
    known = sorted((each for each in found.configurations if not math.isnan(each.seconds)), key=lambda each: each.mean)
    if known:
        alt = "; ".join(f"{each.words}: {each.seconds:.0f} s, {each.mean:.3f}" for each in known)
        bars = "; bars: a standard deviation over seeds each way" if found.seeds > 1 else ""
        named = f"; named: the best {NAMED}" if len(known) > NAMED else ""
        caption = f"{found.measure.name} by seconds of training{bars}{named}."
        yield section("Cost and quality", figure(_cost(known, found.measure), f"Cost and quality. {alt}", caption))
    if found.factors:
        alone = ", the other factors at their first levels" if len(found.factors) > 1 else ""
        caption = f"Without the first epoch, which would dwarf the others: a colour a level, a line a seed{alone}."
        alt = f"Held-out NLL by epoch, along {', '.join(factor.name for factor in found.factors)}"
        yield section("Learning", _learning(found, alt, caption))
        yield section("Handwriting", *_samples(found))


def _cost(known: list[Configuration], measure: Measure) -> bytes:
    """SVG of a measure over seconds of training; the first have their words at the right, all given in its order."""
    named = known[:NAMED]
    canvas, (axes,) = panels(1, 1, (9.0, 0.8 + ROW * max(12, len(named))))
    style: Any = {"fmt": "o", "markersize": 4, "color": HUES[0], "elinewidth": 1.2, "capsize": 2}
    leader: Any = {"arrowstyle": "-", "color": "#9a9da6", "linewidth": 0.6, "relpos": (0, 0.5), "shrinkA": 1}
    for each in known:
        axes.errorbar(each.seconds, each.mean, 0 if math.isnan(each.deviation) else each.deviation, **style)
    for number, each in enumerate(named):  # at equal steps, so that none lies on another
        at, beside = (each.seconds, each.mean), (1.02, (number + 0.5) / len(named))
        axes.annotate(each.words, at, beside, textcoords="axes fraction", va="center", color=INK, arrowprops=leader)
    axes.set(xlabel="seconds of training", ylabel=f"{measure.name}, {measure.unit}")
    return saved(canvas, "svg")


def _learning(found: Comparison, alt: str, caption: str) -> HtmlElement:
    """Held-out NLL by epoch; in words where points are thinned to several rates, whose nats do not compare."""
    rates = {rate_in(run.params) for run in found.runs}
    if len(rates) > 1:
        thinned = ", ".join(hertz(rate) or "as they came" for rate in sorted(rates, key=lambda rate: rate or math.inf))
        return paragraph(
            f"Points are thinned to several rates ({thinned}), and nats a point of one compare with none of another."
        )
    return figure(_curves(found.factors, f"nats a {point_of(rates.pop())}"), alt, caption)


def _curves(factors: list[Factor], unit: str) -> bytes:
    """SVG of held-out NLL by epoch: a panel a factor, a colour a level, a line a seed."""
    rows = math.ceil(len(factors) / COLUMNS)
    canvas, places = panels(rows, min(COLUMNS, len(factors)), (10.0, 3.8 * rows))
    for factor, axes in zip(factors, places, strict=False):
        for number, (level, runs, *_) in enumerate(factor.levels):
            style: Any = {"color": HUES[number % len(HUES)], "linewidth": 0.9, "marker": "o", "markersize": 2}
            for count, run in enumerate(runs):
                late = run.history.iloc[1:] if len(run.history) > 1 else run.history  # the first dwarfs them
                axes.plot(late["epoch"], late[f"valid_{A_POINT}"], label="" if count else level, **style)
        axes.set_title(factor.name, loc="left", fontsize=9)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        if axes.lines:
            # below the axes, so on no curve
            axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(-0.04, -0.16), ncols=2, handlelength=1.2)
    for axes in places[len(factors) :]:
        axes.set_axis_off()
    places[0].set_ylabel(f"NLL of valid lines,\n{unit} (offsets / 20)")
    return saved(canvas, "svg")


def _samples(found: Comparison) -> Iterator[HtmlElement]:
    """For each factor its levels, the other factors at their first, each by its first finished seed."""
    dreamt = [set(run.dreamt.index["line"]) for run in found.runs]
    names = evenly(sorted(set.intersection(*dreamt)), SHOWN)
    if not names:
        yield paragraph("No lines of the same names were dreamt by all.")
        return
    yield paragraph(
        f"Lines {' and '.join(names)} as each dreamt them: as many points as the held-out lines of these names, evenly "
        "taken from those that all have, drawn alike."
    )
    for factor in found.factors:
        if len(found.factors) > 1:
            yield tag.H3(factor.name)
        yield from (_lines(f"{factor.name} {name}", runs[0], names) for name, runs, *_ in factor.levels if runs)


def _lines(words: str, run: Run, names: list[str]) -> HtmlElement:
    caption = f"{words}, seed {run.params['train']['seed']}"
    picture = draw_plain(page_of(points_of_lines(run.dreamt, names)))
    return figure(picture, f"Lines dreamt with {caption}", f"{caption}.")
