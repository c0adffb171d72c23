"""A network that writes: it reads an offset, draws the next from the density it puts out, and gets that fed back."""

import math
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from penlift.common.geometry import Array, Floats32
from penlift.ink.alphabet import Codes
from penlift.ink.lines import LIFT
from penlift.model.cells import STEPS
from penlift.model.cells.lstm import ReadingStep
from penlift.model.cells.scan import as_array
from penlift.model.mixture import STEEPEST, WIDEST, Steering
from penlift.model.network import Network


class Stepper:
    """Reads offsets of L lines side by side, one of each at a call."""

    def __init__(self, network: Network, lines: int, text: Codes | None = None) -> None:
        """From zero states; the weights are copied. `text`, (L, U), has what each line is to say."""
        self.skip, self.hidden, self.symbols = network.skip, network.hidden, network.symbols
        self.cells = [STEPS[type(layer)](layer) for layer in network.layers]
        self.weight, self.bias = as_array(network.head.weight).T.copy(), as_array(network.head.bias)
        self.repeat(lines)
        if text is not None:
            self.window.begin(text)

    @property
    def window(self) -> ReadingStep:
        """The cell that reads the text."""
        return cast(ReadingStep, self.cells[0])

    def __call__(self, offsets: Floats32) -> Floats32:
        """(L, 3) normalised offsets to (L, 1 + 6 K) outputs, of which `Mixture.from_raw` makes densities."""
        x = offsets
        outputs: list[Floats32] = []
        window: list[Floats32] = []
        for cell in self.cells:
            output = cell(x)
            if self.symbols and not outputs:
                output, read = np.split(output, [self.hidden], axis=1)
                window = [read]
            outputs.append(output)
            x = np.concatenate([*[offsets] * self.skip, output, *window], axis=1)
        output = np.concatenate([*(outputs if self.skip else outputs[-1:]), *window], axis=1) @ self.weight
        output += self.bias
        return output

    def repeat(self, lines: int) -> None:
        """From one line to so many, all in its state."""
        for cell in self.cells:
            cell.states = [state.repeat(lines, axis=0) for state in cell.states]


NARROWEST = math.exp(-WIDEST)  # inverse of the widest
# Outputs are the lift, K weights, K pairs of means, K pairs of widths, K correlations: of a component, five of them.
_BEHIND = np.array([1, 1, 3, 3, 5])  # so many K, and the lift, stand before the kind
_WITHIN = np.array([0, 1, 0, 1, 0])  # of a pair
_EACH = np.array([2, 2, 2, 2, 1])  # outputs of the kind a component


class OffsetSampler:
    """Draws from `Mixture.from_raw(outputs, floor).steer(steering)` for L lines side by side, a point at a call."""

    def __init__(self, noise: Array, floor: Array, steering: Steering) -> None:
        """`noise`, (L, n, 4): uniforms for component and lift, two standard normals for the offset. `floor`: (2,)."""
        self.uniform, self.normal = noise[..., 0, None], noise[..., 2:]
        with np.errstate(divide="ignore"):  # a uniform of 0 lifts, whatever the odds
            self.lift = np.log(noise[..., 1]) - np.log1p(-noise[..., 1])
        self.variance, self.widening = floor**2, math.exp(steering.widening)
        self.power, self.firmness = steering.power, steering.firmness

    def __call__(self, outputs: Array, point: int) -> Array:
        """(L, 1 + 6 K) outputs to (L, 3) offsets, by the noise of this point."""
        components = (outputs.shape[1] - 1) // 6
        chosen = self._component(outputs[:, 1 : 1 + components], self.uniform[:, point])
        lines = np.arange(0, outputs.size, outputs.shape[1])[:, None]
        picked = outputs.ravel().take(lines + chosen[:, None] * _EACH + (1 + components * _BEHIND + _WITHIN))
        rho = np.tanh(STEEPEST * np.tanh(picked[:, 4] / STEEPEST))
        x, y = self.normal[:, point].T
        drawn = np.empty((len(outputs), 3), outputs.dtype)
        drawn[:, 0], drawn[:, 1] = x, rho * x + np.sqrt(1 - rho * rho) * y
        drawn[:, :2] *= self._std(picked[:, 2:4])
        drawn[:, :2] += picked[:, :2]
        drawn[:, 2] = self.lift[:, point] < self.firmness * outputs[:, 0]
        return drawn

    def _component(self, log_weight: Array, uniform: Array) -> npt.NDArray[np.intp]:
        """(L,): which of K components the uniforms, (L, 1), fall on; weights, as logarithms, need not sum to one."""
        reach = np.exp(self.power * (log_weight - log_weight.max(axis=1, keepdims=True))).cumsum(axis=1)
        below: npt.NDArray[np.intp] = (reach[:, :-1] < uniform * reach[:, -1:]).sum(axis=1)
        return below

    def _std(self, log_std: Array) -> Array:
        """The standard deviations of `Mixture.from_raw`, widened: smoothly between the floor and the widest."""
        bounded = 1 / (np.exp(-log_std) + NARROWEST)
        return np.sqrt(bounded * bounded + self.variance) * self.widening


LOOK = 50  # points between two looks whether all lines have ended


class FedBack(NamedTuple):
    """Offsets that a network read or wrote, T of each of L lines, and what it put out before each."""

    offsets: Floats32  # (L, T, 3), normalised
    outputs: Floats32  # (L, T, 1 + 6 K), of which `Mixture.from_raw` makes densities
    signs: Codes  # (L, T): the place in its text that each line's window was on behind an offset; 0 without a text
    said: npt.NDArray[np.intp]  # (L,): offsets behind which a line's text is written, 0 where that is not yet so


def feed_back(
    network: Network,
    read: Floats32,
    noise: Floats32,
    steering: Steering,
    ended: Callable[[Floats32], bool],
    text: Codes | None = None,
    closes: Callable[[Floats32], npt.NDArray[np.bool_]] | None = None,
) -> FedBack:
    """Read (p, 3) normalised offsets, the first START, then write one for each row of the noise, (L, n, 4).

    `ended` is asked, of all offsets so far but START, whether more of them are wanted. `text`, (L, U), is what each
    line says, from its first offset, and is written as `_written` has it.
    """
    lines, before = len(noise), len(read) - 1
    draws = OffsetSampler(noise, network.floor.cpu().numpy(), steering)
    # A point at a time is too small to share among threads; an exponential that overflows ends at the floor or widest.
    with threadpool_limits(1, "blas"), np.errstate(over="ignore"):
        stepper = Stepper(network, 1 if text is None else lines, text)
        side = 1 if text is None else lines
        seen = np.stack([stepper(row.repeat(side, axis=0)) for row in read[:, None]], axis=1)
        stepper.repeat(lines // side)
        offsets, outputs = (np.empty((lines, before + noise.shape[1], size), np.float32) for size in (3, seen.shape[2]))
        signs = np.zeros(offsets.shape[:2], np.int64)
        offsets[:, :before], outputs[:, :before] = read[1:], seen[:, :-1]
        output, said = seen[:, -1].repeat(lines // side, axis=0), np.zeros(lines, np.intp)
        for point in range(before, before + noise.shape[1]):
            outputs[:, point] = output
            offsets[:, point] = draws(output, point - before)
            output = stepper(offsets[:, point])
            if text is not None:
                signs[:, point] = stepper.window.on
                so_far = slice(before, point + 1)
                written = _written(offsets[:, so_far], signs[:, so_far], stepper.window.last, closes)
                said = np.where((said == 0) & (written > 0), before + written, said)
                if said.all():
                    break
            if (point - before) % LOOK == LOOK - 1 and ended(offsets[:, : point + 1]):
                break
    return FedBack(offsets[:, : point + 1], outputs[:, : point + 1], signs[:, : point + 1], said)


def _written(
    offsets: Floats32, signs: Codes, last: Codes, closes: Callable[[Floats32], npt.NDArray[np.bool_]] | None
) -> Codes:
    """(L,): of the offsets so far, those behind which the text of a line turns out to be written by the newest, or 0.

    That is the newest where it `closes` the line, behind a lift with the window on the last letter, or the end, which
    has the number `last`; for a network that has not learned to close a line, a lift with the window on the end.
    """
    count = offsets.shape[1]
    if closes is None:
        return np.where((offsets[:, -1, LIFT] > 0.5) & (signs[:, -1] >= last), count, 0)
    if count == 1:
        return np.zeros(len(offsets), np.intp)
    behind = (offsets[:, -2, LIFT] > 0.5) & (signs[:, -2] >= last - 1)
    return np.where(behind & closes(offsets[:, -1]), count - 1, 0)
