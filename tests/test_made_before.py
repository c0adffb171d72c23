"""What was made before stays of use: small models of each version, which its own code has saved, do what they did then.

Beside each lie lines that this code drew with it; `scores.json` has what it made of three lines, nats a point.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT, written_line

from penlift.common.errors import InputError
from penlift.common.params import MEANT, as_now, checked, lacking, parsed
from penlift.evaluation.transfer import score_ink
from penlift.experiments.sections import SECTIONS
from penlift.ink.lines import load_ink, save_ink
from penlift.model.checkpoint import CONFIG, VERSION, WEIGHTS, begin_with, load_model, save_model
from penlift.model.network import Network, floor_of
from penlift.sampling.sampler import SampleParams, asking, sample_lines
from penlift.sampling.samples import read_samples

BEFORE = ROOT / "tests" / "made_before"
MODELS = sorted(file.parent.relative_to(BEFORE).as_posix() for file in BEFORE.glob(f"*/*/{CONFIG}"))
DRAWN = SampleParams(
    texts=None, lines=2, points=24, strokes=None, width=None, bias=0.5, weights_temperature=0.9, spread_temperature=1.0,
    lift_temperature=1.0, seed=3,
)  # fmt: skip


def test_there_are_models_of_each_version() -> None:
    versions = {json.loads((BEFORE / name / CONFIG).read_text()).get("version", 1) for name in MODELS}

    assert versions == set(range(1, VERSION + 1))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_before_draws_the_lines_that_it_drew_then(name: str) -> None:
    model, then = load_model(BEFORE / name), read_samples(BEFORE / name / "samples.npz")

    now = list(sample_lines(model.network, model.scales, asking(DRAWN, model)))

    for new, old in zip(now, then, strict=True):  # up to the order in which another processor adds
        np.testing.assert_allclose(new.points, old.points, rtol=0, atol=1e-3)
        for part, before in zip(new.densities, old.densities, strict=True):
            np.testing.assert_allclose(part, before, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_before_makes_of_ink_what_it_made_of_it_then(name: str, tmp_path: Path) -> None:
    save_ink(tmp_path, [written_line(number, "test", 40) for number in (1, 2, 3)])

    figures = score_ink(load_model(BEFORE / name), load_ink(tmp_path), "test")

    version, kind = name.split("/")
    scores = json.loads((BEFORE / version / "scores.json").read_text())
    assert figures["nll_nats_per_point"]["tablet"] == pytest.approx(scores[kind], abs=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_before_is_saved_as_one_of_now_with_the_same_weights(name: str, tmp_path: Path) -> None:
    model = load_model(BEFORE / name)

    save_model(tmp_path, model)

    assert (tmp_path / WEIGHTS).read_bytes() == (BEFORE / name / WEIGHTS).read_bytes()
    assert json.loads((tmp_path / CONFIG).read_text())["version"] == VERSION
    assert load_model(tmp_path)[1:] == model[1:]


@pytest.mark.parametrize("name", MODELS)
def test_a_training_begins_with_the_weights_of_a_model_of_before(name: str) -> None:
    model = load_model(BEFORE / name)
    network = Network(model.params, floor_of(model.scales.scale), model.network.alphabet)

    begin_with(network, BEFORE / name, model.params, model.scales)

    wanted = model.network.state_dict()
    assert all(torch.equal(weight, wanted[key]) for key, weight in network.state_dict().items())
    with pytest.raises(InputError, match=f"a model with text {model.params.text} cannot begin one with"):
        begin_with(
            network, BEFORE / name, model.params.model_copy(update={"text": not model.params.text}), model.scales
        )


def test_parameters_of_before_are_sound_once_they_have_what_their_keys_meant() -> None:
    sections = parsed((BEFORE / "params.yaml").read_bytes(), "params.yaml")

    for name, record in SECTIONS.items():
        checked(name, as_now(sections)[name], record, "params.yaml")
    told = lacking(sections)
    assert all(
        f"`{key}: " in told for name, keys in MEANT.items() for key in keys if key not in sections.get(name, keys)
    )
