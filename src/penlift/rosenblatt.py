"""What would be uniform, if the predicted densities were right: offsets sent through them.

Rosenblatt, "Remarks on a Multivariate Transformation", Ann. Math. Stat. 23 (1952). In closed form for a mixture of
bivariate normals: dx by its marginal, then dy by its density given dx, whose components weigh anew. And the depth of an
offset: the share of the density that is higher than where it fell (Hyndman, "Computing and Graphing Highest Density
Regions", 1996), by its rank among a few draws, which is exactly uniform too, however few they are.
"""

import torch
from torch import Tensor

from penlift.mixture import Mixture

DRAWS = 19  # an offset and its draws stand in 20 ranks: the bounds of 50, 80 and 95 per cent are among them


def through(mixture: Mixture, move: Tensor) -> Tensor:
    """(..., 2) dx, dy to (..., 2): the share of dx below it, and given dx, the share of dy below it."""
    z = (move[..., None, :] - mixture.mean) * torch.exp(-mixture.log_std)  # (..., K, 2)
    zx, zy = z.unbind(dim=-1)
    rho = mixture.correlation.tanh()
    below_x = (mixture.log_weight.exp() * torch.special.ndtr(zx)).sum(-1)
    given_x = (mixture.log_weight - mixture.log_std[..., 0] - 0.5 * zx.square()).softmax(-1)
    narrowing = (1 - rho.square()).rsqrt()
    below_y = (given_x * torch.special.ndtr((zy - rho * zx) * narrowing)).sum(-1)
    return torch.stack([below_x, below_y], dim=-1).clamp(0, 1)


def draw_moves(mixture: Mixture, noise: Tensor) -> Tensor:
    """Draws from the density at each place, S of them by (..., S, 3) of a uniform and two normals; (..., S, 2)."""
    reach = mixture.log_weight.exp().cumsum(-1)
    component = torch.searchsorted(reach[..., :-1].contiguous(), noise[..., 0].contiguous())
    pair = component[..., None].expand(*component.shape, 2)
    mean, log_std = mixture.mean.gather(-2, pair), mixture.log_std.gather(-2, pair)
    rho = mixture.correlation.gather(-1, component).tanh()
    x, y = noise[..., 1], noise[..., 2]
    z = torch.stack([x, rho * x + (1 - rho.square()).sqrt() * y], dim=-1)
    return mean + log_std.exp() * z


def depth(mixture: Mixture, move: Tensor, noise: Tensor) -> Tensor:
    """How many of S draws, by (..., S, 3) numbers, fall where the density is higher than at (..., 2) dx, dy; (...)."""
    apart = Mixture(*(part.unsqueeze(noise.dim() - 2) for part in mixture))
    higher = apart.log_prob_move(draw_moves(mixture, noise)) > mixture.log_prob_move(move)[..., None]
    return higher.sum(-1)
