"""Handwriting in Python, on the command line and in the notebook: steered, drawn, written, or refused in one line."""

import contextlib
import json
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from commands import run
from conftest import ROOT, wavy_line, written_line
from lxml import etree
from nbclient import NotebookClient
from pictures import coordinates, read

from penlift.cli.sample import needed, prime_of
from penlift.common.errors import InputError
from penlift.drawing.styles import OF_A_LINE, OF_POINTS, draw
from penlift.drawing.svg import HUES, INK, SCALE
from penlift.handwriting import what_ifs, write, written
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import save_ink
from penlift.io.formats.contract import LINE_HEIGHT
from penlift.model.checkpoint import Model, save_model
from penlift.model.network import Network, floor_of


@pytest.fixture
def models(trained: Model, tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    save_model(tmp_path / "models", trained)
    return tmp_path / "models"


@pytest.fixture
def ink(tmp_path: Path) -> Path:
    folder = tmp_path / "some-ink"
    folder.mkdir()
    save_ink(folder, [written_line(1, "train"), written_line(2, "test", writer="w2")])
    return folder


def test_python_and_the_command_line_write_the_same_lines(trained: Model, models: Path, tmp_path: Path) -> None:
    page = write(trained, lines=3, points=40, bias=0.5, temperature=(1.0, 0.5, 0.8), seed=7)
    options = ("--lines", 3, "--points", 40, "--bias", 0.5, "--temperature", "1,0.5,0.8", "--seed", 7)

    result = run("sample", "--model", models, *options, "--out", tmp_path / "page.npz")

    assert result.exit_code == 0
    with np.load(tmp_path / "page.npz") as arrays:
        for number, points in enumerate(page.points, 1):
            np.testing.assert_allclose(arrays[f"line-{number}"][:, :2].cumsum(axis=0), points[:, :2], atol=1e-6)
    assert [f"line {number}: 40 points" in result.stdout for number in (1, 2, 3)] == [True] * 3


def test_the_same_command_gives_the_same_bytes(models: Path, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        run("sample", "--model", models, "--points", 60, "--lines", 2, "--out", tmp_path / name)

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize("style", [*OF_POINTS, *OF_A_LINE, "fan"])
def test_every_style_comes_from_the_command_line_a_file_a_line_where_it_draws_one(
    models: Path, tmp_path: Path, style: str
) -> None:
    out = tmp_path / "out.svg"

    result = run("sample", "--model", models, "--points", 30, "--lines", 2, "--style", style, "--out", out)

    assert result.exit_code == 0, result.output
    made = [out] if style in OF_POINTS else [tmp_path / "out-1.svg", tmp_path / "out-2.svg"]
    for path in made:
        assert etree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_line_goes_on_from_a_file_a_name_and_a_path(models: Path, ink: Path, tmp_path: Path) -> None:
    written = wavy_line(1)[:, :3]
    np.save(tmp_path / "line.npy", written)
    shared = ("--model", models, "--points", 20, "--ink", ink)

    pages = []
    for number, prime in enumerate((tmp_path / "line.npy", "a01-001u-01", "M0 0 C 40 -80 80 80 120 0")):
        result = run("sample", *shared, "--prime", prime, "--out", tmp_path / f"{number}.svg")
        assert result.exit_code == 0, result.output
        pages.append((tmp_path / f"{number}.svg").read_bytes())

    assert pages[0] == pages[1]  # the same ink, by two ways
    assert len(set(pages)) == 2


def test_a_prime_is_a_file_or_a_line_of_that_name_before_it_is_a_path(tmp_path: Path) -> None:
    line = written_line(1)
    (tmp_path / "ink").mkdir()
    save_ink(tmp_path / "ink", [replace(line, name="m01-000-01"), replace(line, name="M1-e2-03")])
    for name in ("m1.svg", "M-sig.csv"):
        (tmp_path / name).write_bytes(b"M0 0,3\n" if name.endswith("csv") else written("svg", [line.rows]))

    for name in ("m01-000-01", "M1-e2-03"):
        np.testing.assert_array_equal(prime_of(name, tmp_path / "ink"), line.rows[:, :3])
    with contextlib.chdir(tmp_path):
        assert len(prime_of("m1.svg", tmp_path / "ink")) == len(line.rows)
        for name in ("M-sig.csv", "m-gone.svg"):
            with pytest.raises(InputError, match=f"^{name}: no "):
                prime_of(name, tmp_path / "ink")
        assert np.ptp(prime_of("M-1 0L5 9", tmp_path / "no ink")[:, 1]) == LINE_HEIGHT
        assert np.ptp(prime_of("M0 0L5 9" + " " * 9_000, tmp_path / "ink")[:, 1]) == LINE_HEIGHT


def test_a_name_in_capitals_says_the_format_too(trained: Model, models: Path, tmp_path: Path) -> None:
    result = run("sample", "--model", models, "--points", 20, "--style", "lift", "--out", tmp_path / "X.SVG")
    write(trained, points=20).save(tmp_path / "X.InkML")

    assert result.exit_code == 0, result.output
    assert b"<svg" in (tmp_path / "X.SVG").read_bytes()
    assert b"<ink" in (tmp_path / "X.InkML").read_bytes()


def test_of_many_lines_nothing_is_held_but_their_points(trained: Model) -> None:
    (line,) = write(trained, points=50).lines

    kept = needed("plain", Path("page.svg"))(line)

    assert all(part.size == 0 and part.base is None for part in kept.densities)


def test_what_was_read_is_drawn_in_a_hue_and_what_was_written_in_ink(trained: Model) -> None:
    prime = wavy_line(1)[:, :3]

    page = write(trained, lines=2, points=50, prime=prime)

    picture = read(draw("plain", page.lines))
    points = {
        group[0].get("stroke"): sum(
            len(corners) - (len(set(map(tuple, corners))) == 1) for corners in map(coordinates, group)
        )
        for group in picture.iterfind("{*}g")
    }
    assert points == {HUES[1]: len(prime), INK: 50}  # of a line each; a dot has its one point twice


def test_a_fan_leaves_the_line_where_it_was_asked_to(trained: Model) -> None:
    (line,) = write(trained, points=60).points

    picture = read(what_ifs(trained, line, at=25, count=3, points=20).svg)

    begins = [
        float(path.get("d")[1:].split()[0]) for path in picture.iterfind(".//{*}g[@class='continuation']/{*}path[1]")
    ]
    assert len(begins) == 3
    assert begins == pytest.approx([SCALE * line[25, 0]] * 3, abs=0.11)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--points", "-5"], "points is -5; it should be greater than or equal to 1"),
        (["--bias", "-1"], "bias is -1.0; it should be greater than or equal to 0"),
        (["--temperature", "warm"], "--temperature is 'warm'; give one number, or three as W,S,L"),
        (["--temperature", "0"], "weights_temperature is 0.0; it should be greater than 0"),
        (["--prime", "gone.csv"], "gone.csv: no such file; give one that holds a line of ink"),
        (["--prime", "b02-000u-01"], "--prime is 'b02-000u-01', neither a file nor a line of"),
        (["--style", "curly"], "--style is 'curly'; choose one of plain, strokes, time"),
        (["--out", "line.gif"], "--out is line.gif; let its name end in one of .svg, .png, .inkml, .jsonl, .npz"),
        (["--style", "time", "--out", "line.png"], "--style is time, which is drawn as SVG only"),
        (["--style", "fan", "--at", "99"], "no fan from point 99: the line can go on from its points 1 to 30"),
        (["--at", "9"], "--at is 9, and --style is plain; a line forks in --style fan alone"),
        (["--prime", ""], "--prime is '', neither a file nor a line of"),
        (["--model", "gone"], "gone: no model (model.safetensors is missing); train one with `dvc repro train`"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    models: Path, ink: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    out = tmp_path / "out" / "line.svg"

    result = run("sample", "--model", models, "--points", 30, "--ink", ink, "--out", out, *options)

    assert result.exit_code == 1
    message = result.output.splitlines()[-1]
    assert message.startswith("penlift sample: ")
    assert said in message
    assert "Traceback" not in result.output
    assert not out.exists()


@pytest.mark.parametrize("harm", ["cut", "another format", "tampered"])
def test_a_model_file_that_is_not_as_it_was_is_refused_in_one_line(models: Path, tmp_path: Path, harm: str) -> None:
    weights, config = models / "model.safetensors", models / "model.json"
    if harm == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif harm == "another format":
        weights.write_bytes(b"\x80\x04\x95pickle")
    else:
        config.write_text(json.dumps(json.loads(config.read_text()) | {"model": {"cell": "lstm"}}))

    result = run("sample", "--model", models, "--out", tmp_path / "line.svg")

    assert result.exit_code == 1
    assert "a damaged model (" in result.output.splitlines()[-1]
    assert not (tmp_path / "line.svg").exists()


def test_an_output_that_cannot_be_written_is_said_in_one_line_and_leaves_nothing(models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    result = run("sample", "--model", models, "--points", 20, "--out", tmp_path / "file" / "line.svg")

    assert result.exit_code == 1
    assert result.output.splitlines()[-1].endswith("check the path and the free space")
    assert [path.name for path in tmp_path.iterdir() if "line" in path.name] == []


def test_lines_draw_themselves_and_say_whether_they_are_in_order(trained: Model) -> None:
    page = write(trained, lines=2, points=30)

    assert etree.fromstring(page._repr_svg_()).tag.endswith("svg")
    assert [health.points for health in page.health] == [30, 30]
    with pytest.raises(InputError, match="style density draws one line, not 2"):
        page.draw("density")


@pytest.mark.slow
@pytest.mark.parametrize("text", [False, True])
def test_the_notebook_runs_from_top_to_bottom(trained: Model, models: Path, tmp_path: Path, text: bool) -> None:
    (tmp_path / "data" / "ink").mkdir(parents=True)
    lines = [written_line(n, split, 60, f"w{n}") for n, split in enumerate(["train", "valid", "test"])]
    save_ink(tmp_path / "data" / "ink", [replace(line, text="a line") for line in lines])
    if text:
        shape = trained.params.model_copy(update={"cell": "lstm", "text": True, "skip": True})
        alphabet = Alphabet.of([string.printable], 1)
        network = Network(shape, floor_of(trained.scales.scale), alphabet, pace=0.2)
        save_model(models, Model(network, shape, trained.scales._replace(rate=30.0), ("a text", "of two")))
    notebook: Any = nbformat.read(  # type: ignore[no-untyped-call]
        ROOT / "notebooks" / "session.ipynb", as_version=4
    )

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output["output_type"] == "error"]
    assert sum("image/svg+xml" in output.get("data", {}) for output in shown) == sum(
        "draw(" in cell.source or "Drawing(" in cell.source or "write(" in cell.source or "what_ifs(" in cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "import" not in cell.source
    )
    assert (tmp_path / "reports" / "dreamt.inkml").is_file()


def test_the_notebook_is_kept_without_output() -> None:
    notebook: Any = nbformat.read(  # type: ignore[no-untyped-call]
        ROOT / "notebooks" / "session.ipynb", as_version=4
    )

    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
