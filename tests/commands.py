"""The command `penlift`, called by tests."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from networks import make_network

from penlift.cli.main import main
from penlift.ink.lines import Ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams
from penlift.model.checkpoint import Model
from penlift.model.network import ModelParams


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def trained(tmp_path: Path, small_ink: Ink) -> Model:
    (tmp_path / "offsets").mkdir()
    scales, _ = normalise(small_ink, NormaliseParams(cap=500.0, scale=20.0, rate=None), tmp_path / "offsets")
    network = make_network()
    params = ModelParams(
        cell="lstm", peepholes=False, layers=2, hidden=8, mixtures=3, dropout=0.0, skip=False, text=False
    )
    return Model(network, params, scales)
