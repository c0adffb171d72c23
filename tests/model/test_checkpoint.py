"""A model on disk: what does not belong together is refused before any network is made of it."""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from networks import SCALES, make_network
from safetensors.torch import load_file, save_file
from small_trainings import SHAPE as SMALL_SHAPE
from torch import Tensor

from penlift.common.errors import InputError
from penlift.model.checkpoint import CONFIG, VERSION, WEIGHTS, Model, load_model, save_model
from penlift.model.network import ModelParams

SHAPE = SMALL_SHAPE | {"dropout": 0.5}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_model(tmp_path, Model(make_network(), ModelParams.model_validate(SHAPE), SCALES))
    return tmp_path


def refusal_of(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        load_model(folder)
    said = str(raised.value)
    assert said.startswith(f"{folder}: a damaged model (")
    assert said.endswith("); train it again with `dvc repro -f train`")
    assert said.isprintable()
    assert len(said) < 350 + len(str(folder))
    return said


WRONG: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "nan": (lambda weight: weight * torch.nan, "head.bias is not finite"),
    "one infinity": (lambda weight: weight.index_fill(0, torch.tensor([3]), torch.inf), "head.bias is not finite"),
    "integers": (lambda weight: weight.to(torch.int32), "head.bias is not finite float32"),
    "half": (lambda weight: weight.half(), "head.bias is not finite float32"),
    "another shape": (lambda weight: weight[:7].clone(), "size mismatch for head.bias"),
}


@pytest.mark.parametrize("name", WRONG)
def test_weights_that_no_network_has_are_refused(saved: Path, name: str) -> None:
    change, words = WRONG[name]
    weights = load_file(saved / WEIGHTS)
    save_file(weights | {"head.bias": change(weights["head.bias"])}, saved / WEIGHTS)

    assert words in refusal_of(saved)


def test_a_weight_too_many_or_too_few_is_named(saved: Path) -> None:
    weights = load_file(saved / WEIGHTS)

    save_file({name: weight for name, weight in weights.items() if name != "floor"}, saved / WEIGHTS)
    assert 'Missing key(s) in state_dict: "floor"' in refusal_of(saved)
    save_file(weights | {"tail": torch.zeros(1)}, saved / WEIGHTS)
    assert 'Unexpected key(s) in state_dict: "tail"' in refusal_of(saved)
    save_file(weights | {"floor": torch.zeros(2)}, saved / WEIGHTS)
    assert "floor is not finite float32, or a size that is not above 0" in refusal_of(saved)


def test_a_network_of_34_gib_is_not_made_for_the_weights_of_a_small_one(saved: Path) -> None:
    config = json.loads((saved / CONFIG).read_text())
    config["model"] |= {"hidden": 8192, "layers": 16}
    (saved / CONFIG).write_text(json.dumps(config))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert "Missing key(s) in state_dict" in refusal_of(saved)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.parametrize(
    ("name", "value"),
    [("scale", [10**400, 1]), ("scale", [0, 1]), ("scale", [-20, 20]), ("scale", [float("nan"), 20]), ("scale", "12"),
     ("scale", [20]), ("scale", [20, 20, 20]), ("scale", ["20", 20]), ("scale", [True, True]), ("shift", None),
     ("sd", [float("inf"), 1]), ("cap", 1e-300), ("cap", {}), ("mean", [1e300, 0])],
)  # fmt: skip
def test_scales_that_are_none_are_refused(saved: Path, name: str, value: Any) -> None:
    config = json.loads((saved / CONFIG).read_text())
    config["scales"][name] = value
    (saved / CONFIG).write_text(json.dumps(config))

    assert f"scales.{name}" in refusal_of(saved)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"model": 1, "scales": 2}'])
def test_a_configuration_that_is_none_is_refused(saved: Path, content: bytes) -> None:
    (saved / CONFIG).write_bytes(content)

    refusal_of(saved)


def changed(folder: Path, **keys: Any) -> None:
    config = json.loads((folder / CONFIG).read_text()) | keys
    (folder / CONFIG).write_text(json.dumps(config))


def test_a_model_of_a_newer_penlift_is_refused_with_both_versions_whatever_it_holds(saved: Path) -> None:
    changed(saved, version=VERSION + 1, model={"cell": "other"}, scales=[])

    with pytest.raises(InputError) as raised:
        load_model(saved)

    assert str(raised.value) == (
        f"{saved / CONFIG}: a model of version {VERSION + 1}, by a newer penlift; this one reads versions up to "
        f"{VERSION}: update it, or train a model with it"
    )


@pytest.mark.parametrize("version", [0, -1, 10**40, "2", 2.0, True, None])
def test_a_version_that_is_none_is_refused(saved: Path, version: Any) -> None:
    changed(saved, version=version)

    assert "version" in refusal_of(saved)


def test_a_key_that_a_version_has_is_no_key_to_leave_out_of_it(saved: Path) -> None:
    without = {key: value for key, value in SHAPE.items() if key != "text"}
    changed(saved, model=without)
    assert "model.text" in refusal_of(saved)

    changed(saved, version=1)
    assert not load_model(saved).params.text
