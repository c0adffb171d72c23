"""A preset sets what it says in params.yaml, and nothing else."""

import codecs
import shutil
from pathlib import Path

import pytest
from checkouts import from_before
from conftest import ROOT

from penlift.common.errors import InputError
from penlift.common.params import apply, read_params, read_section
from penlift.model.network import ModelParams
from penlift.training.optimisation import TrainParams

PRESETS = ROOT / "presets"
NAMES = sorted(path.stem for path in PRESETS.glob("*.yaml"))


@pytest.fixture
def params(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_sets_its_values_and_no_others_and_keeps_the_comments(params: Path, name: str) -> None:
    before, comments = read_params(params), params.read_text().count("#")

    apply(PRESETS / f"{name}.yaml", params)

    wanted = read_params(PRESETS / f"{name}.yaml")
    for section, values in read_params(params).items():
        assert values == before[section] | wanted.get(section, {})
    assert params.read_text().count("#") == comments
    assert (
        read_section(params, "train", TrainParams).clip_gates is None
        or read_section(params, "model", ModelParams).peepholes
    )


def test_the_default_is_the_preset_fast_and_every_preset_leads_back_to_it(params: Path) -> None:
    before = read_params(params)

    assert apply(PRESETS / "fast.yaml", params) == []
    for name in NAMES:
        apply(PRESETS / f"{name}.yaml", params)
        apply(PRESETS / "fast.yaml", params)
        assert read_params(params) == before


def test_a_preset_may_begin_with_a_byte_order_mark_and_so_may_the_parameters(params: Path, tmp_path: Path) -> None:
    wanted = codecs.BOM_UTF8 + (PRESETS / "article.yaml").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "marked.yaml").write_bytes(wanted)
    params.write_bytes(codecs.BOM_UTF8 + params.read_bytes())

    apply(tmp_path / "marked.yaml", params)

    assert read_params(params)["train"]["batch"] == 50


def test_what_is_no_preset_is_refused_with_those_that_are(params: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no preset 'fats'; there are article, fast, graves-1x900, graves-3x400"):
        apply(PRESETS / "fats.yaml", params)
    (tmp_path / "odd.yaml").write_text("model: {layer: 2}\n")
    before = params.read_text()

    with pytest.raises(InputError, match=r"model\.layer is no parameter of .*params\.yaml; take it out"):
        apply(tmp_path / "odd.yaml", params)

    assert params.read_text() == before


def test_a_preset_over_parameters_from_before_says_what_to_add_first(params: Path) -> None:
    params.write_text(from_before(params.read_text()))

    with pytest.raises(InputError, match=r"params\.yaml: lacks parameters .*`text: false` to model, "):
        apply(PRESETS / "text.yaml", params)
