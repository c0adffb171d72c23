"""Dropout drops its share, keeps the mean, and is off where anything is measured."""

import pytest
import torch

from penlift.model.dropout import Dropout

ONES = torch.ones(500, 4, 251)  # a number of values that four does not divide


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_the_share_is_dropped_at_each_place_in_a_draw_and_the_mean_kept(share: float) -> None:
    torch.manual_seed(1)

    dropped = Dropout(share)(ONES)

    lanes = dropped.flatten()[: ONES.numel() // 4 * 4].view(-1, 4)
    four_sigma = 4 * (share * (1 - share) / len(lanes)) ** 0.5
    assert ((lanes == 0).float().mean(0) - share).abs().max() < four_sigma
    assert abs(float(dropped.mean()) - 1) < four_sigma / (1 - share)
    assert len(dropped.unique()) == 2


def test_what_is_dropped_here_tells_nothing_of_what_is_dropped_there() -> None:
    torch.manual_seed(1)

    lanes = (Dropout(0.5)(ONES) == 0).float().flatten()[: ONES.numel() // 4 * 4].view(-1, 4)

    correlations = torch.corrcoef(lanes.T) - torch.eye(4)
    assert correlations.abs().max() < 4 / len(lanes) ** 0.5
    assert abs(float(torch.corrcoef(torch.stack([lanes[1:, 0], lanes[:-1, 3]]))[0, 1])) < 4 / len(lanes) ** 0.5


def test_what_is_dropped_has_no_gradient_and_the_rest_the_gradient_of_its_scaling() -> None:
    x = torch.randn(7, 3, requires_grad=True)
    torch.manual_seed(1)

    dropped = Dropout(0.25)(x)
    dropped.sum().backward()

    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.where(dropped == 0, 0.0, 1 / 0.75))
    torch.testing.assert_close(dropped, x * x.grad)


def test_one_seed_drops_the_same_and_nothing_is_dropped_where_it_is_measured() -> None:
    layer = Dropout(0.5)

    torch.manual_seed(7)
    first = layer(ONES)
    torch.manual_seed(7)
    again = layer(ONES)

    assert torch.equal(first, again)
    assert torch.equal(layer.eval()(ONES), ONES)
