"""What a sweep has found so far: its configurations, and what each level of a factor changes."""

from dataclasses import dataclass

from penlift.common.errors import InputError
from penlift.experiments.comparison import Comparison, trials_in
from penlift.experiments.sweeps.design import REFERENCE, Sweep, trials_of, words_of
from penlift.experiments.sweeps.finished import Tried

BEST = "the best"  # of a search without its reference


@dataclass(frozen=True)
class Answer(Comparison):
    """A sweep, or search, with what is finished of it; a search has no factors."""

    sweep: Sweep
    planned: int  # trials of the whole
    searched: bool  # poor trials are missing because they were poor


def answer_of(sweep: Sweep, tried: list[Tried], seed: int, slots: int | None = None) -> Answer:
    """From the trials that are finished, of a whole sweep or not; `seed` is that of the bootstrap.

    `slots`: of a search, how many trials it has. There no level is compared with another over all trials: a level whose
    poor combinations were cut short would look the better for it.
    """
    if searched := slots is not None:
        sweep = sweep.model_copy(update={"seeds": sweep.seeds[:1]})
    planned = [each.trial for each in tried] if searched else trials_of(sweep)
    known = {each.trial.name: each for each in tried}
    finished = [known[trial.name] for trial in planned if trial.name in known]
    if not finished:
        raise InputError(
            f"no trial of sweep {sweep.name} is finished with the parameters, code and data that the checkout has now; "
            "run it, or undo what has changed since"
        )
    trials = trials_in(finished, seed)
    first, called = sweep.reference, REFERENCE
    if searched and not trials.with_levels(first):  # never drawn, or cut short
        best = int(trials.scores.a_point([each.run.name for each in finished]).argmin())
        first, called = finished[best].trial.levels, BEST
    return Answer(
        kind="configuration",
        runs=[each.run for each in finished],
        split=trials.split,
        seeds=len(sweep.seeds),
        equal=sweep.equal,
        first=called,
        configurations=[
            trials.configuration(words_of(sweep, trial.levels), trial.levels, first)
            for trial in planned
            if trial.seed == sweep.seeds[0]
        ],
        factors=[]
        if searched
        else [trials.factor(name, list(sweep.levels[name]), sweep.reference) for name in sweep.levels],
        sweep=sweep,
        planned=len(planned) if slots is None else slots,
        searched=searched,
    )
