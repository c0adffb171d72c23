"""Stage window: the training lines that windows are cut from, and how evenly these cover them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder, write_json
from penlift.ink.lines import load_ink
from penlift.ink.windows import WindowParams, index_windows


def main(offsets: Path, windows: Path) -> None:
    params = section("window", WindowParams)
    index, coverage = index_windows(load_ink(offsets), params)
    with whole_folder(windows) as folder:
        index.to_csv(folder / "index.csv", index=False, lineterminator="\n")
        write_json(folder / "coverage.json", coverage._asdict())
    print(f"{coverage.lines} lines, {coverage.targets} targets, most to least drawn {coverage.most_to_least}")
    print(f"too short: {len(coverage.left_out)} lines {' '.join(coverage.left_out)}")


if __name__ == "__main__":
    run(main)
