"""How a network is made to write more neatly, or more freely, than it learned to."""

import math
from typing import NamedTuple, Self


class Steering(NamedTuple):
    """What is done to each density before an offset is drawn from it."""

    power: float = 1.0  # of the components' weights, which then sum to one again
    widening: float = 0.0  # added to the logarithms of standard deviations
    firmness: float = 1.0  # factor of the lift's log-odds

    @classmethod
    def of(cls, bias: float, weights: float, spread: float, lift: float) -> Self:
        """Graves's (2013) bias b, equations 61 and 62, weights to the power 1 + b and std times e^-b; and temperatures.

        A probability p at temperature t is p^(1/t), normalised: weights and lift so, and of a component, whose variance
        is thereby multiplied by t, the spread. 1 changes nothing, less is nearer to what is likeliest.
        """
        return cls((1 + bias) / weights, 0.5 * math.log(spread) - bias, 1 / lift)


PLAIN = Steering()  # draws from the density itself
