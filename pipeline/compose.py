"""Stage compose: the built-in corpus, as the archives that a user of IAM-OnDB has."""

from pathlib import Path

from checkout import run, section

from penlift.archives import save_archives
from penlift.compose import ComposeParams, compose
from penlift.files import whole_folder
from penlift.processor import cores
from penlift.progress import shown
from penlift.text import read_words
from penlift.typeface import read_typefaces


def main(fonts: Path, prose: Path, corpus: Path) -> None:
    params = section("compose", ComposeParams)
    lines = compose(params, read_typefaces(fonts), read_words(prose), cores())
    with whole_folder(corpus) as folder:
        save_archives(folder, shown(lines, "compose", params.lines))


if __name__ == "__main__":
    run(main)
