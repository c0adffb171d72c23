"""Nothing but the name of a device changes."""

import re

import pytest
import torch
from networks import CELLS
from small_trainings import Data, beginning, recipe, to_the_end

from penlift.common.errors import InputError
from penlift.training.device import check_precision, choose, computes

CPU = torch.device("cpu")
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


@pytest.mark.skipif(computes("bfloat16", CPU), reason="this CPU has bfloat16")
def test_a_precision_that_the_cpu_does_not_have_is_refused_in_one_line() -> None:
    check_precision("float32", CPU)

    message = r"^train\.precision is 'bfloat16', which this cpu cannot compute; set float32$"
    with pytest.raises(InputError, match=message):
        check_precision("bfloat16", CPU)


@GPU
@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
def test_a_gpu_learns_what_the_cpu_does(data: Data, cell: str, peepholes: bool) -> None:
    histories = []
    for device in ("cpu", "cuda"):
        state = beginning(recipe(device=device), cell=cell, peepholes=peepholes, dropout=0.0)
        state.network.to(choose(device))
        histories.append(to_the_end(state, data, recipe(device=device)).history)

    for one, other in zip(*histories, strict=True):
        assert one.held_out == pytest.approx(other.held_out, abs=0.01)
