"""Where ink comes from: one reader a source, behind one table.

A reader takes the folder that a user has and gives a `Source`: lines in tablet units, y downwards, each under a unique
name, beside those that cannot be used, with their reasons.
"""

from collections.abc import Callable
from pathlib import Path

from penlift.io.sources import iam
from penlift.io.sources.contract import Source

SOURCES: dict[str, Callable[[Path], Source]] = {"iam": iam.open_source}
