"""The soft window of Graves (2013), section 5, through which a layer reads a text while it writes.

At each step the window stands somewhere on the text, as K Gaussians whose places only ever move on, and gives what lies
under it: a mixture of letters. Its backward through time is written by hand, beside that of the layer that it belongs
to; a test holds it against autograd.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from penlift.common.geometry import Floats32
from penlift.ink.alphabet import Codes
from penlift.model.cells.scan import states_from

COMPONENTS = 10  # K, as Graves has it
FARTHEST = -50.0  # log of what a Gaussian leaves of a letter far from it: less is slow to reckon with
FAINT = 1e-3  # of a letter: less lies under no window that is on it
MIDDLE = 0.5  # of a letter: letter u of a text reaches from u to u + 1


class SoftWindow:
    """What a window reads in one pass over time: T steps, B lines, K components, U letters, V symbols.

    In place of Graves's exponentials: weights sum to one, and widths and moves are softplus, so that none explodes. A
    move is `pace`, letters a step, where the network knows nothing yet: from its first step the window keeps up with
    the pen, else it would run past its text before the network learns that there is one.
    """

    def __init__(self, weight: Tensor, bias: Tensor, place: Tensor, pace: float, text: Tensor, steps: int) -> None:
        """`weight` (3 K, H), `bias` (3 K,), `place` (B, K), `text` (B, U), -1 behind its end."""
        self.weight, self.bias, self.pace = weight, bias, pace / math.log(2)
        self.symbols, self.said = text.clamp(min=0), (text >= 0).to(place.dtype)
        self.middles = torch.arange(text.shape[1], dtype=place.dtype, device=place.device) + MIDDLE
        self.places = states_from(place, steps)  # (T + 1, B, K)
        self.raw = place.new_empty(steps, len(place), len(bias))  # (T, B, 3 K): of shares, widths, moves
        self.under = place.new_empty(steps, *place.shape, len(self.middles))  # (T, B, K, U): each Gaussian's letters
        self.step = 0

    def read(self, h: Tensor, window: Tensor) -> None:
        """Move on by what the layer puts out, (B, H), and write what lies under the window then to `window`, (B, V)."""
        raw, place, under = self.raw[self.step], self.places[self.step + 1], self.under[self.step]
        torch.addmm(self.bias, h, self.weight.t(), out=raw)  # equation 48
        share, width, move = raw.chunk(3, -1)
        torch.add(self.places[self.step], functional.softplus(move), alpha=self.pace, out=place)  # 51
        torch.sub(place[..., None], self.middles, out=under)
        under.square_().mul_(-functional.softplus(width)[..., None]).clamp_(min=FARTHEST).exp_()
        over = torch.mul(share.softmax(-1)[..., None], under).sum(1)  # 46
        window.zero_().scatter_add_(1, self.symbols, over.mul_(self.said))  # 47; quicker than a product with one-hots
        self.step += 1

    def along(self) -> tuple[Codes, Floats32]:
        """The place in its text that it stood on at each step, (T, B), and what lay under it, (T, B, U)."""
        shares = self.raw.chunk(3, -1)[0].softmax(-1)
        over, place = (shares[..., None] * self.under).sum(2) * self.said, (shares * self.places[1:]).sum(-1)
        last = self.said.sum(-1).int() - 1
        return stands_on(*(part.cpu().numpy() for part in (over, place, last))), over.cpu().numpy()

    def turn(self, grad_place: Tensor) -> None:
        """Make ready for the way back: all that waits for no gradient, for all steps at once.

        `grad_place`, (B, K), is by the places behind the last step.
        """
        self.step = len(self.raw)
        share, width, move = self.raw.chunk(3, -1)
        shares, apart = share.softmax(-1), self.places[1:, ..., None] - self.middles
        # how what lies under each Gaussian changes with its share, its place and its width, but for their factors
        self.changes = torch.cat([self.under, self.under * apart, self.under * apart.square()], dim=2)  # (T, B, 3 K, U)
        self.shares, self.of_place = shares, -2 * shares * functional.softplus(width)
        self.grad_raw = torch.cat([shares, -shares * width.sigmoid(), self.pace * move.sigmoid()], dim=-1)
        self.grad_place = grad_place.clone()

    def back(self, grad_window: Tensor) -> Tensor:
        """From the gradient by `window` to that by what the layer put out, (B, H): from the last step to the first."""
        self.step -= 1
        by_letter = grad_window.gather(1, self.symbols).mul_(self.said)
        by_share, by_place, by_width = (self.changes[self.step] * by_letter[:, None]).sum(-1).chunk(3, -1)
        to_share, to_width, to_move = self.grad_raw[self.step].chunk(3, -1)
        to_share.mul_(by_share - (self.shares[self.step] * by_share).sum(-1, keepdim=True))
        to_width.mul_(by_width)
        to_move.mul_(self.grad_place.addcmul_(self.of_place[self.step], by_place))
        return self.grad_raw[self.step] @ self.weight

    def gradients(self, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """By weights, biases and the places before the first step; `outputs`, (T, B, H), is what was read by."""
        grad = self.grad_raw.flatten(0, 1)
        return grad.t() @ outputs.flatten(0, 1), grad.sum(0), self.grad_place


def stands_on(over: Floats32, place: Floats32, last: Codes) -> Codes:
    """The place in a text that most lies under a window, `over` (..., U); the last one where it has gone by them all.

    `place`, (...,), is the mean of its components; some run far ahead, so that it says no more than whether it may.
    """
    return np.where((over.max(-1) < FAINT) & (place > last), last, over.argmax(-1))
