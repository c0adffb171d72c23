"""Nothing but the name of a device changes."""

import re

import pytest
import torch
from test_network import CELLS
from test_resume import beginning
from test_training import Data, data, recipe, to_the_end

from penlift.devices import choose
from penlift.errors import InputError

__all__ = ["data"]  # a fixture
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def test_auto_is_a_gpu_where_there_is_one_and_else_the_cpu() -> None:
    assert choose("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta:"])
def test_a_device_that_is_not_there_is_refused_in_one_line(name: str) -> None:
    message = rf"train\.device is '{re.escape(name)}', which cannot be used here \(.*\); set auto or cpu"

    with pytest.raises(InputError, match=message) as raised:
        choose(name)

    assert "\n" not in str(raised.value)


@GPU
@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
def test_a_gpu_learns_what_the_cpu_does(data: Data, cell: str, peepholes: bool) -> None:
    histories = []
    for device in ("cpu", "cuda"):
        state = beginning(recipe(device=device), cell=cell, peepholes=peepholes, dropout=0.0)
        state.network.to(choose(device))
        histories.append(to_the_end(state, data, recipe(device=device)).history)

    for one, other in zip(*histories, strict=True):
        assert one.valid_nll_nats_per_point == pytest.approx(other.valid_nll_nats_per_point, abs=0.01)
