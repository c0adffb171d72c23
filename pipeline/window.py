"""Stage window: the training lines that windows are cut from, and how evenly these cover them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder, write_json
from penlift.ink.alphabet import TextSwitch, save_texts, texts_of
from penlift.ink.lines import load_ink
from penlift.ink.windows import WindowParams, index_windows


def main(offsets: Path, windows: Path) -> None:
    params, ink = section("window", WindowParams), load_ink(offsets)
    index, coverage = index_windows(ink, params)
    texts = None
    if section("model", TextSwitch).text:
        texts = texts_of(ink.index, index["number"].to_numpy(), params.rarest)
        index, coverage = index_windows(ink, params, texts.unfit)
    with whole_folder(windows) as folder:
        index.to_csv(folder / "index.csv", index=False, lineterminator="\n")
        write_json(folder / "coverage.json", coverage._asdict())
        if texts:
            save_texts(folder, texts)
    print(f"{coverage.lines} lines, {coverage.targets} targets, most to least drawn {coverage.most_to_least}")
    print(f"too short: {len(coverage.left_out)} lines {' '.join(coverage.left_out)}")
    if texts:
        print(f"{len(texts.alphabet.signs)} signs: {texts.alphabet.signs}")
        print(f"set aside: {len(texts.unfit)} lines {texts.unfit or ''}")


if __name__ == "__main__":
    run(main)
