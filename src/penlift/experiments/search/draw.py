"""Which levels a trial of a search gets."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

TRIES = 30  # draws of levels that others have, before chance alone decides
TELLING = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
Space = Mapping[str, CategoricalDistribution]  # factor -> its levels


def space_of(levels: Mapping[str, Iterable[str]]) -> Space:
    """The space that a search goes through: a choice a factor."""
    return {factor: CategoricalDistribution(list(words)) for factor, words in levels.items()}


def draw(
    space: Space, known: Iterable[FrozenTrial], taken: Sequence[dict[str, str]], seed: list[int]
) -> dict[str, str] | None:
    """Levels that nobody has, drawn by a tree-structured Parzen estimator from the trials known by now; None where all
    are taken.

    They depend on these and on `seed`, the seed of the search and the slot, and not on the worker that draws. The same
    levels twice would be the same training twice, so what is taken is drawn again.
    """
    rng = np.random.default_rng(seed)
    model = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=int(rng.integers(2**32))))
    model.add_trials(trial for trial in known if trial.state in TELLING and trial.params)
    for _ in range(TRIES):
        if (levels := model.ask({**space}).params) not in taken:
            return levels
    return next((levels for levels in _shuffled(space, rng) if levels not in taken), None)


def _shuffled(space: Space, rng: np.random.Generator) -> Iterable[dict[str, str]]:
    """All combinations, the levels of each factor in an order by chance."""
    orders = ([str(one.choices[place]) for place in rng.permutation(len(one.choices))] for one in space.values())
    return (dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*orders))
