"""Stage compose: the built-in corpus, as the archives that a user of IAM-OnDB has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import run, section

from penlift.common.files import whole_folder
from penlift.common.machine import cores
from penlift.common.terminal import shown
from penlift.corpus.archives import save_archives
from penlift.corpus.compose import ComposeParams, compose, read_words
from penlift.corpus.typeface import read_typefaces


def main(fonts: Path, prose: Path, corpus: Path) -> None:
    params = section("compose", ComposeParams)
    lines = compose(params, read_typefaces(fonts), read_words(prose), cores())
    with whole_folder(corpus) as folder:
        save_archives(folder, shown(lines, "compose", params.lines))


if __name__ == "__main__":
    run(main)
