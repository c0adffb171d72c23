"""What dvc.yaml says."""

from typing import Any

from conftest import ROOT
from ruamel.yaml import YAML

PIPELINE: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())


STAGES: dict[str, Any] = PIPELINE["stages"]
