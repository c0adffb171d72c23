"""Stage extract: from the archives that a user has to lines of ink, with text, writer and split."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import ROOT, run, section

from penlift.common.files import whole_folder
from penlift.io.extraction import ExtractParams, extract
from penlift.io.sources import SOURCES


def main(ink: Path) -> None:
    params = section("extract", ExtractParams)
    source = SOURCES[params.source](ROOT / params.path)
    with whole_folder(ink) as folder:
        counts = extract(source, params.splits, folder)
    print(counts.report())


if __name__ == "__main__":
    run(main)
