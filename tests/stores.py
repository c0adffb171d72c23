"""MLflow stores of tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tracked import embedded

from penlift.tracking.store import Store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an embedded store; what MLflow sets in the environment ends with it."""
    before = dict(os.environ)
    yield tmp_path_factory.mktemp("home")
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def store(home: Path) -> Store:
    return embedded(home)
