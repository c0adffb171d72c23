"""A network that reads a text: its window moves over the text as the pen does, and its gradients are autograd's."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from penlift.ink.alphabet import Alphabet, side_by_side
from penlift.model.cells.lstm import ReadingLSTM, ReadingState
from penlift.model.cells.window import stands_on
from penlift.model.network import ModelParams, Network
from penlift.sampling.stepper import Stepper

ALPHABET = Alphabet(" abcdef")
TEXTS = side_by_side([ALPHABET.codes(text) for text in ("abc fed", "dad", "a")])
SHAPE = {"cell": "lstm", "layers": 2, "hidden": 8, "mixtures": 3, "dropout": 0.0, "text": True}


def network_of(peepholes: bool, skip: bool) -> Network:
    torch.manual_seed(1)
    params = ModelParams.model_validate(SHAPE | {"peepholes": peepholes, "skip": skip})
    return Network(params, (0.025, 0.025), ALPHABET, pace=0.4).eval()


def by_the_paper(layer: ReadingLSTM, x: Tensor, text: Tensor) -> Tensor:
    """Graves (2013), equations 46 to 52, a step at a time, for autograd."""
    h, c, place, *_ = layer.begin(text)
    h, c = h[0], c[0]
    letters = functional.one_hot(text.clamp(min=0), layer.symbols).to(h.dtype) * (text >= 0)[..., None]
    middles, outputs = torch.arange(text.shape[1]).to(h.dtype) + 0.5, []
    for point in x.unbind(1):
        gates = point @ layer.weight_ih_l0.t() + layer.bias_ih_l0 + h @ layer.weight_hh_l0.t()
        i, f, g, o = gates.chunk(4, -1)
        w_i, w_f, w_o = layer.peepholes
        i, f = torch.sigmoid(i + w_i * c), torch.sigmoid(f + w_f * c)
        c = f * c + i * torch.tanh(g)
        own = torch.sigmoid(o + w_o * c) * torch.tanh(c)
        share, width, move = layer.window(own).chunk(3, -1)
        place = place + layer.pace * functional.softplus(move) / math.log(2)
        apart = (place[..., None] - middles).square()
        under = share.softmax(-1)[..., None] * (-functional.softplus(width)[..., None] * apart).exp()
        h = torch.cat([own, (under.sum(1)[:, None] @ letters)[:, 0]], dim=-1)
        outputs.append(h)
    return torch.stack(outputs, dim=1)


@pytest.mark.parametrize("peepholes", [False, True])
def test_the_layer_and_its_gradients_are_those_of_the_paper(peepholes: bool) -> None:
    torch.manual_seed(2)
    layer = ReadingLSTM(3, 5, ALPHABET.size, 0.4, peepholes).double()
    torch.nn.init.normal_(layer.peepholes.detach(), std=0.3 * peepholes)
    x, text = torch.randn(3, 9, 3, dtype=torch.float64, requires_grad=True), torch.from_numpy(TEXTS)
    weight = torch.randn(3, 9, 5 + ALPHABET.size, dtype=torch.float64)
    learnt = [x, *(part for part in layer.parameters() if part.requires_grad)]

    ours, _ = layer(x, layer.begin(text))
    theirs = by_the_paper(layer, x, text)

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    for one, other in zip(*(torch.autograd.grad((out * weight).sum(), learnt) for out in (ours, theirs)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_the_gradient_of_the_state_passes_gradcheck() -> None:
    torch.manual_seed(3)
    layer = ReadingLSTM(3, 4, ALPHABET.size, 0.4, peepholes=True).double()
    text = torch.from_numpy(TEXTS)
    h, c, place, *_ = layer.begin(text)
    state = [torch.randn_like(h).double(), torch.randn_like(c).double(), place.double() + 0.7]
    x = torch.randn(3, 4, 3, dtype=torch.float64)
    for part in (x, *state):
        part.requires_grad_()

    def behind(x: Tensor, h: Tensor, c: Tensor, place: Tensor) -> tuple[Tensor, ...]:
        output, (h, c, place, *_) = layer(x, ReadingState(h, c, place, text))
        return output, h, c, place

    assert torch.autograd.gradcheck(behind, (x, *state))


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("peepholes", [False, True])
def test_point_by_point_it_expects_what_it_does_at_once(peepholes: bool, skip: bool) -> None:
    network, text = network_of(peepholes, skip), torch.from_numpy(TEXTS)
    offsets = torch.randn(3, 12, 3)

    with torch.inference_mode():
        at_once, _ = network(offsets, text=text)
        state, means = None, []
        for point in offsets.split(1, dim=1):
            one, state = network(point, state, text=text)
            means.append(one.mean)
        stepper = Stepper(network, 3, TEXTS)
        outputs = np.stack([stepper(point.numpy()) for point in offsets.unbind(1)], axis=1)
        stepped = type(at_once).from_raw(torch.from_numpy(outputs), network.floor)

    torch.testing.assert_close(torch.cat(means, dim=1), at_once.mean, rtol=0, atol=1e-5)
    torch.testing.assert_close(stepped.mean, at_once.mean, rtol=0, atol=1e-5)


def test_in_bfloat16_it_reads_and_learns_much_the_same() -> None:
    network, text, offsets = network_of(peepholes=False, skip=True), torch.from_numpy(TEXTS), torch.randn(3, 12, 3)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        in_half, _ = network(offsets, text=text)
    (gradient,) = torch.autograd.grad(in_half.mean.sum(), network.layers[0].get_parameter("window.weight"))
    with torch.inference_mode():
        in_full, _ = network(offsets, text=text)

    torch.testing.assert_close(in_half.mean, in_full.mean, rtol=0, atol=0.02)
    assert gradient.isfinite().all() and gradient.any()


def test_what_stands_behind_a_shorter_text_changes_nothing() -> None:
    network, offsets = network_of(peepholes=False, skip=True), torch.randn(3, 12, 3)

    with torch.inference_mode():
        together, _ = network(offsets, text=torch.from_numpy(TEXTS))
        alone, _ = network(offsets[1:2], text=torch.from_numpy(TEXTS[1:2, :4]))

    torch.testing.assert_close(alone.mean, together.mean[1:2], rtol=0, atol=1e-6)


def test_the_window_moves_on_only_and_at_first_as_fast_as_the_pen() -> None:
    network, text = network_of(peepholes=False, skip=True), torch.from_numpy(TEXTS)
    torch.nn.init.zeros_(network.layers[0].get_parameter("window.weight"))
    torch.nn.init.zeros_(network.layers[0].get_parameter("window.bias"))

    with torch.inference_mode():
        _, (read, *_) = network(torch.randn(3, 12, 3), text=text)
        under = torch.from_numpy(read.window.along()[1])
        letters = functional.one_hot(text.clamp(min=0), ALPHABET.size).float()

    torch.testing.assert_close(
        read.window.places[1:, :, 3].t(), 0.4 * torch.arange(1, 13).expand(3, 12).float(), rtol=1e-5, atol=1e-5
    )
    assert (under[:, 2, 2:] == 0).all()
    torch.testing.assert_close(read.h[0, :, 8:], (under[-1][:, None] @ letters)[:, 0])


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_a_cell_without_a_window_reads_no_text(cell: str) -> None:
    with pytest.raises(ValueError, match=f"text is true but cell is '{cell}'; only lstm has a window on a text"):
        ModelParams.model_validate(SHAPE | {"cell": cell, "peepholes": False, "skip": False})


def test_a_window_that_has_gone_by_stands_on_the_end_and_one_that_is_ahead_in_part_where_it_reads() -> None:
    over = np.array([[0.1, 0.7, 0.0, 0.0], [0.0, 1e-9, 1e-5, 0.0], [0.0, 1e-9, 1e-5, 0.0], [0.2, 0.1, 0.0, 0.0]])

    assert stands_on(over, np.array([90.0, 90.0, 1.0, 0.1]), np.array([3, 3, 3, 2])).tolist() == [1, 3, 2, 0]
