"""Stage normalise: from pen positions to offsets, capped and scaled."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder
from penlift.ink.lines import load_points
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams


def main(ink: Path, offsets: Path) -> None:
    params = section("normalise", NormaliseParams)
    with whole_folder(offsets) as folder:
        scales, extremes = normalise(load_points(ink), params, folder)
    print(f"{extremes.offsets} offsets, {extremes.capped} at the cap of {scales.cap:g}, {extremes.zero} exactly zero")


if __name__ == "__main__":
    run(main)
