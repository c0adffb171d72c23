"""Every cell keeps the one contract, reads as it writes, and looks only back."""

from collections.abc import Callable

import pytest
import torch
from networks import BUILDS, CELLS, looking, make_network
from torch import Tensor, nn

from penlift.model.cells.gru import GRU
from penlift.model.cells.lstm import PeepholeLSTM
from penlift.model.cells.rnn import RNN
from penlift.model.network import ModelParams, Network

Made = Callable[..., nn.Module]


@pytest.mark.parametrize(("cell", "peepholes", "skip"), BUILDS)
def test_writing_point_by_point_predicts_what_reading_at_once_does(cell: str, peepholes: bool, skip: bool) -> None:
    network = make_network(cell, peepholes, skip).eval()
    line = torch.randn(2, 12, 3)

    at_once, _ = network(line)
    states, steps = None, []
    for offset in line.split(1, dim=1):
        predicted, states = network(offset, states)
        steps.append(predicted)

    for whole, parts in zip(at_once, zip(*steps, strict=True), strict=True):
        torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("cell", "peepholes", "skip"), BUILDS)
def test_a_prediction_depends_on_no_later_offset_and_on_no_other_line(cell: str, peepholes: bool, skip: bool) -> None:
    network = make_network(cell, peepholes, skip).eval()
    lines = torch.randn(3, 10, 3)
    changed = lines.clone()
    changed[0, 6:] += 1
    changed[1] += 1

    before, after = network(lines)[0], network(changed)[0]

    torch.testing.assert_close(after.mean[0, :6], before.mean[0, :6])
    torch.testing.assert_close(after.mean[2], before.mean[2])
    assert not torch.allclose(after.mean[0, 6:], before.mean[0, 6:])


@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
def test_dropout_acts_while_training_only(cell: str, peepholes: bool) -> None:
    network = make_network(cell, peepholes)
    line = torch.randn(1, 10, 3)

    training = [network.train()(line)[0].mean for _ in range(2)]
    measuring = [network.eval()(line)[0].mean for _ in range(2)]

    assert not torch.equal(*training)
    assert torch.equal(*measuring)


def test_dropout_touches_each_layers_output_and_never_the_input() -> None:
    network = make_network(skip=True).train()
    seen: list[Tensor] = []
    for layer in network.layers:
        layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    line = torch.ones(1, 50, 3)

    network(line)

    first, second = seen
    assert torch.equal(first, line)
    assert torch.equal(second[..., :3], line)
    assert 0.3 < float((second[..., 3:] == 0).float().mean()) < 0.7


def test_a_peephole_lstm_without_peepholes_is_pytorchs_lstm() -> None:
    theirs, ours = nn.LSTM(5, 7, batch_first=True), PeepholeLSTM(5, 7)
    nn.init.zeros_(theirs.get_parameter("bias_hh_l0"))
    ours.load_state_dict(theirs.state_dict() | {"peepholes": torch.zeros(3, 7)}, strict=False)
    x, state = torch.randn(4, 9, 5), (torch.randn(1, 4, 7), torch.randn(1, 4, 7))

    output, (h, c) = ours(x, state)

    expected, (h_theirs, c_theirs) = theirs(x, state)
    for mine, their in ((output, expected), (h, h_theirs), (c, c_theirs)):
        torch.testing.assert_close(mine, their, rtol=0, atol=1e-6)


def clipped_back(x: Tensor, bound: float | None) -> Tensor:
    """The same, with the gradient that comes back through it clipped."""
    if bound is not None and x.requires_grad:
        x.register_hook(lambda gradient: gradient.clamp(-bound, bound))
    return x


def graves_loop(layer: PeepholeLSTM, x: Tensor) -> Tensor:
    """Equations 7 to 11 of Graves (2013), letter by letter, for autograd."""
    h = c = x.new_zeros(len(x), layer.hidden)
    w_ci, w_cf, w_co = layer.peepholes
    outputs = []
    for step in x.unbind(1):
        a_i, a_f, a_g, a_o = (step @ layer.weight_ih_l0.T + layer.bias_ih_l0 + h @ layer.weight_hh_l0.T).chunk(4, -1)
        i, f = (torch.sigmoid(clipped_back(a, layer.bound)) for a in (a_i + w_ci * c, a_f + w_cf * c))
        c = f * c + i * torch.tanh(clipped_back(a_g, layer.bound))
        h = torch.sigmoid(clipped_back(a_o + w_co * c, layer.bound)) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs, 1)


@pytest.mark.parametrize("bound", [None, 0.2])
def test_the_peephole_lstm_and_its_gradient_are_graves_equations(bound: float | None) -> None:
    layer = looking(PeepholeLSTM(3, 6).double())
    layer.bound = bound
    x = torch.randn(2, 15, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 15, 6, dtype=torch.float64)
    leaves = [x, *layer.parameters()]

    ours, theirs = layer(x)[0], graves_loop(layer, x)
    mine = torch.autograd.grad((ours * weight).sum(), leaves)
    expected = torch.autograd.grad((theirs * weight).sum(), leaves)

    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(mine, expected)


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize(("made", "states"), [(PeepholeLSTM, 2), (GRU, 1), (RNN, 1)])
def test_a_gradient_by_hand_reaches_the_state_before_it_and_comes_from_the_state_behind(
    made: Made, states: int, steps: int
) -> None:
    layer = looking(made(2, 3).double())

    def read(x: Tensor, *before: Tensor) -> tuple[Tensor, ...]:
        output, behind = layer(x, before if states == 2 else before[0])
        return output, *(behind if states == 2 else [behind])

    shapes = [(2, steps, 2), *[(1, 2, 3)] * states]
    inputs = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(read, inputs)


@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
def test_a_line_in_two_pieces_has_the_gradient_of_the_whole(cell: str, peepholes: bool) -> None:
    network = make_network(cell, peepholes, dropout=0)
    line = torch.randn(2, 12, 3)

    def gradient(*pieces: Tensor) -> tuple[Tensor, ...]:
        states, nll = None, torch.zeros(())
        for piece in pieces:
            predicted, states = network(piece, states)
            nll = nll - predicted.log_prob(torch.ones_like(piece)).sum()
        return torch.autograd.grad(nll, list(network.parameters()))

    torch.testing.assert_close(gradient(line[:, :5], line[:, 5:]), gradient(line), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("made", "pytorchs"), [(GRU, nn.GRU), (RNN, nn.RNN)])
def test_gru_and_rnn_and_their_gradients_are_pytorchs(made: Made, pytorchs: Made) -> None:
    ours, theirs = made(5, 7).double(), pytorchs(5, 7, batch_first=True).double()
    theirs.load_state_dict(ours.state_dict())
    x, h, weight, weight_behind = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((4, 9, 5), (1, 4, 7), (4, 9, 7), (1, 4, 7))
    )

    def read(layer: nn.Module) -> tuple[Tensor, ...]:
        output, behind = layer(x, h)
        loss = (output * weight).sum() + (behind * weight_behind).sum()
        return output, behind, *torch.autograd.grad(loss, [x, h, *layer.parameters()])

    torch.testing.assert_close(read(ours), read(theirs))


def test_the_default_network_has_the_articles_121_outputs_and_as_many_weights() -> None:
    params = ModelParams(
        cell="lstm", peepholes=False, layers=2, hidden=256, mixtures=20, dropout=0.2, skip=False, text=False
    )
    network = Network(params, (0.025, 0.025))

    assert network.head.out_features == 121
    second_biases = 2 * 4 * 256  # PyTorch's LSTM has two biases a gate where the article's has one
    assert sum(weight.numel() for weight in network.parameters()) - second_biases == 822_649
