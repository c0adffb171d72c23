"""The kinds of input that users, strangers and crashes hand to penlift: what is sound, and who reads it.

Each reader is penlift's own. What it accepts is asked for what holds of every sound one: `demand`.
"""

import importlib
import io
import json
import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import sound_files as sound
import torch
from conftest import ROOT, written_line
from mutants import Kind, demand, put
from networks import SCALES
from small_trainings import beginning
from sound_files import NETWORK, TRAINING, WINDOW, together

from penlift.cli.main import main
from penlift.common.errors import InputError
from penlift.common.files import whole_folder
from penlift.common.params import apply, read_params, read_section
from penlift.corpus.compose import read_words
from penlift.corpus.typeface import read_typefaces
from penlift.evaluation.comparison.movement import measured
from penlift.evaluation.comparison.two_sample import windows_of
from penlift.evaluation.results import line_of_each_writer, read_json, read_table
from penlift.evaluation.transfer import score_ink
from penlift.experiments import repository, restore, search
from penlift.experiments.comparison import Comparison, comparison_of, tables_of
from penlift.experiments.comparison_page import page_of_comparison, text_of_comparison
from penlift.experiments.runs import open_runs
from penlift.experiments.sections import SECTIONS
from penlift.experiments.storage import answering, storage_of
from penlift.experiments.sweeps.design import check_trials, read_sweep, trials_of
from penlift.experiments.sweeps.finished import seconds_of
from penlift.handwriting import write
from penlift.ink.alphabet import Alphabet
from penlift.ink.lines import SPLITS, Ink, Line, load_ink, load_points
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams, Scales
from penlift.ink.windows import index_windows, whole_lines
from penlift.io.extraction import extract
from penlift.io.formats import read_prime, read_prime_path
from penlift.io.sources import SOURCES
from penlift.model.checkpoint import begin_with, load_model
from penlift.model.network import Network, floor_of
from penlift.recognition.checkpoint import begin_with as begin_with_recogniser
from penlift.recognition.checkpoint import judge_in
from penlift.recognition.network import Recogniser
from penlift.recognition.reading import read
from penlift.report import calibration, run_page
from penlift.report import movement as report_movement
from penlift.sampling.health import finite_part, health_of, read_health, shares
from penlift.sampling.samples import read_lines, read_samples
from penlift.tracking.client import FoundRun
from penlift.tracking.curves import dreamt_by_now
from penlift.tracking.outbox import outcomes_in, waiting
from penlift.tracking.outcome import record_of_outcome
from penlift.tracking.record import OUTCOME, read_record
from penlift.tracking.record import TRAINING as OF_TRAINING
from penlift.tracking.store import Store
from penlift.tracking.trainings import reason_to_stay, trainings_table
from penlift.training.folder import JOURNAL, STATE, read_events, trainings_in
from penlift.training.loop import fit
from penlift.training.recipe import Recipe, begin
from penlift.training.resume import StateKeeper
from penlift.training.state import to_table
from penlift.training.writing import NATS


def sound_ink(found: Ink, columns: int) -> None:
    rows, index = np.asarray(found.rows), found.index
    demand(rows.dtype == np.float32 and rows.shape[1:] == (columns,), "rows of another shape or type")
    demand(np.isfinite(rows[:, :3]).all(), "a point that is not finite")
    demand(np.isin(rows[:, 2], (0, 1)).all(), "a lift other than 0 and 1")
    demand(set(index["split"]) <= {*SPLITS, "none"}, "a split that is none")
    demand(all(index[name].dtype == np.int64 for name in ("first", "points", "strokes")), "a count that is no number")
    demand((index["points"] >= 2).all(), "a line of fewer than two points")
    demand(index["line"].is_unique, "a name of two lines")
    ends = index["points"].cumsum()
    demand((index["first"] == ends - index["points"]).all(), "lines that lie elsewhere than their points say")
    strokes = [int(line.rows[:, 2].sum()) for line in found]
    demand(strokes == index["strokes"].tolist(), "a count of strokes that is another")


def sound_scales(scales: Scales) -> None:
    demand(all(0 < value < np.inf for value in (scales.cap, *scales.scale, *scales.sd)), "a scale that is none")
    demand(np.isfinite([*scales.shift, *scales.mean]).all(), "a shift that is not finite")


def extracted(folder: Path) -> None:
    with whole_folder(folder / "out") as out:
        counts = extract(SOURCES["iam"](folder / "iam"), "standard", out)
    found = load_points(folder / "out")
    sound_ink(found, 4)
    demand(counts.by_split["lines"].sum() == len(found), "counts that do not add up")
    demand(
        all(map(str.isprintable, [*counts.aside["reason"], *counts.aside["file"]])), "a reason that is not printable"
    )
    demand(all(len(reason) < 500 for reason in counts.aside["reason"]), "a reason of over 500 letters")
    demand(len(read_table(folder / "out" / "rejected.csv")) == len(counts.aside), "a reason that is not read back")
    lines = [line for line in SOURCES["iam"](folder / "iam").lines if isinstance(line, Line)]
    names = sorted((line.name, line.form, line.writer, line.text) for line in lines)
    demand(
        names == [(line.name, line.form, line.writer, line.text) for line in found], "a name or text that is another"
    )
    demand(counts.report().replace("\n", "").isprintable(), "a report that is not printable")
    demand(counts.report() and read_json(folder / "out" / "summary.json"), "no report")


def sound_line(points: "np.typing.NDArray[np.float32]") -> None:
    demand(points.dtype == np.float32 and points.shape[1:] == (3,) and 2 <= len(points) <= 50_000, "no line")
    demand(np.isfinite(points).all() and np.isin(points[:, 2], (0, 1)).all(), "a point that is none")
    demand(np.abs(points[:, :2]).max() <= 1e6, "a point far away")


def prime(name: str, folder: Path) -> None:
    sound_line(read_prime(folder / name))


def path(folder: Path) -> None:
    if (file := folder / "path.txt").is_file():
        sound_line(read_prime_path(os.fsdecode(file.read_bytes())))


def section(name: str, folder: Path) -> None:
    found = read_section(folder / f"{name}.yaml", name, SECTIONS[name])
    json.dumps(found.model_dump(), allow_nan=False).encode()
    demand(type(found).model_validate(found.model_dump()) == found, "a section that does not read what it says")


def preset(folder: Path) -> None:
    params = folder / "params.yaml"
    before = params.read_bytes() if params.is_file() else b""
    try:
        changed = apply(folder / "presets" / "small.yaml", params)
    except InputError:
        demand(not before or params.read_bytes() == before, "refused, and params.yaml is another")
        raise
    demand(all(map(str.isprintable, changed)), "a change that is not printable")
    wanted, now = read_params(folder / "presets" / "small.yaml"), read_params(params)
    as_set = {name: {key: now[name][key] for key in values} for name, values in wanted.items()}
    demand(repr(as_set) == repr(wanted), "a value that is not set")  # NaN is not itself


def sweep(folder: Path) -> None:
    trials = trials_of(read_sweep(folder / "small.yaml"))
    check_trials(trials, folder / "params.yaml")
    demand(len({trial.name for trial in trials}) == len(trials) > 1, "trials of one name")
    demand(all(trial.name.isprintable() and "/" not in trial.name for trial in trials), "a name that is none")


def network(folder: Path) -> None:
    found = load_model(folder / "models")
    sound_scales(found.scales)
    demand(
        all(torch.isfinite(weight).all() for weight in found.network.state_dict().values()),
        "a weight that is not finite",
    )
    demand(len(write(found, points=4).points) == 1, "no line")
    begin_with(Network(NETWORK, floor_of(SCALES.scale)), folder / "models", NETWORK, SCALES)


def judge(folder: Path) -> None:
    if (found := judge_in(folder / "recogniser")) is None:
        return
    weights = found.state_dict().values()
    demand(all(torch.isfinite(weight).all() for weight in weights), "a weight that is not finite")
    (reading,) = read(found, [written_line(1).rows])
    demand(len(reading.points) == len(reading.text), "letters without a place")
    begin_with_recogniser(Recogniser(found.hidden, 0.0, Alphabet("ab")), found)


def normalised(folder: Path) -> None:
    found = load_points(folder / "ink")
    with whole_folder(folder / "out") as out:
        scales, extremes = normalise(found, NormaliseParams(cap=500.0, scale=20.0, rate=None), out)
    sound_ink(found, 4)
    sound_scales(scales)
    sound_ink(load_ink(folder / "out"), 3)
    demand(extremes.offsets == len(found.rows) - len(found), "offsets of another number")


def scored(folder: Path) -> None:
    nll = score_ink(load_model(folder / "models"), load_points(folder / "ink"), "test")["nll_nats_per_point"]["tablet"]
    demand(np.isfinite(nll), "a likelihood that is not finite")


def movement(folder: Path) -> None:
    found = load_points(folder / "ink")
    measured(found)
    demand(np.isfinite(windows_of(found).offsets).all(), "a window that is not finite")
    demand(line_of_each_writer(folder / "ink", most=3), "no line")


def learnt(folder: Path) -> None:
    found = sound.material(folder)
    sound_ink(found.ink, 3)
    sound_scales(found.scales)
    index_windows(found.ink, WINDOW)
    state = begin(Recipe(NETWORK, TRAINING, WINDOW), found, torch.device("cpu"), folder)
    step = next(fit(state, found.batches, TRAINING), None)
    demand(step and np.isfinite(step.nll), "a first step that is none")
    list(whole_lines(found.ink, found.ink.of_split("valid")))


def resumed(folder: Path) -> None:
    state = beginning(TRAINING)
    keeper = StateKeeper(folder / ".state" / "f00d", "f00d", 60)
    done = keeper.restore(state)
    weights = [*state.network.state_dict().values(), *state.best.values()]
    demand(all(torch.isfinite(weight).all() for weight in weights), "a weight that is not finite")
    demand(isinstance(state.step, int) and state.step >= 0, "a step that is none")
    to_table(state.history, NATS).to_csv()
    demand(len(state.samples) == len(state.history), "samples of another number")
    if not done:
        with TemporaryDirectory() as place:
            put(sound.offsets(), Path(place))
            next(fit(state, sound.material(Path(place)).batches, TRAINING), None)
        keeper.journal.add(ended="Stopped", why="17")
        keeper.save(state)
        journal = folder / ".state" / "f00d" / JOURNAL
        if (kept := sound.state()[f".state/f00d/{JOURNAL}"]) == journal.read_bytes()[: len(kept)]:
            demand(read_events(journal)[-1].get("why") == "17", "a journal that cannot be read on")


def listed(folder: Path) -> None:
    states, store = folder / ".state", Store("http://x", folder / "sending.lock")
    if trainings := trainings_in(states):
        demand(trainings_table(trainings, store, 1e9).replace("\n", "").isprintable(), "a table that is not printable")
    for training in trainings:
        reason_to_stay(training, store, 7.0, 1e9)
        run: Any = SimpleNamespace(training=training.folder.name)
        seconds_of(run, folder)
    demand(all(each.what.isprintable() for each in waiting(states, store)), "what is not printable")
    demand(not outcomes_in(states), "records")


def pictured(folder: Path) -> None:
    images = dreamt_by_now(folder / ".state" / "f00d")
    demand(all(image.png.startswith(b"\x89PNG") for image in images), "a picture that is none")


def searched(folder: Path) -> None:
    with patch.multiple(search, params_at=lambda *_: {}, data_at=lambda *_: ""), answering():
        asked = read_sweep(folder / "small.yaml")
        found = search.opened(asked, storage_of(None, folder, "small"), folder, "abc")
        demand(search.trials_table(found).replace("\n", "").isprintable(), "a table that is not printable")


def recorded(folder: Path) -> None:
    for place in outcomes_in(folder / ".state"):
        found = read_record(place)
        demand(found.tags.keys() >= {OF_TRAINING, OUTCOME} and found.identity, "no training or no outcome")
        demand(found.status in {"RUNNING", "FINISHED", "FAILED", "KILLED"}, "a status that is none")
        demand(found.ended is None or found.ended >= 0, "a time that is none")
        inside = all(file.resolve().is_relative_to(place.resolve()) for file in found.files.values())
        demand(inside, "a file of another folder")
        demand(
            all(not name.startswith("/") and ".." not in name for name in found.files), "a name that leads elsewhere"
        )


def restored(folder: Path) -> None:
    def fetch(_run: str, _names: Iterable[str], place: Path, _store: object) -> None:
        put({file.relative_to(folder / "run").as_posix(): file.read_bytes() for file in (folder / "run").rglob("*")
             if file.is_file()}, place)  # fmt: skip

    try:
        found = json.loads((folder / "tags.json").read_text(encoding="utf-8"))
        tags = {key: value for key, value in found.items() if type(value) is str}  # as MLflow has them
    except (OSError, ValueError, AttributeError, RecursionError):
        return
    runs = [FoundRun("1" * 32, "x", "FINISHED", tags)]
    store = patch.dict(os.environ, MLFLOW_TRACKING_URI="http://x")
    with TemporaryDirectory() as place, store, patch.multiple(restore, find=lambda *_: runs, fetch=fetch):
        restore._fetched("x", folder, Path(place))


def kept(folder: Path) -> None:
    def shown(_repository: Path, *command: str, **_more: object) -> bytes:
        name = command[-1].partition(":")[2]
        try:
            return (folder / name).read_bytes()
        except OSError:
            raise InputError(f"{name}: is not there") from None

    with patch.object(repository, "output_of", shown):
        repository.is_kept(folder, repository.Experiment("x", "abc", "refs/exps/x"), folder)
        demand(all(map(str.isprintable, repository.code_at(folder, "abc"))), "a path that is not printable")
        repository.params_at(folder, "abc")


def drawn(folder: Path) -> None:
    lines = [finite_part(line) for line in read_samples(folder / "samples" / "samples.npz")]
    for line in lines:
        count = len(line.points)
        demand(line.points.shape == (count, 3) and 0 <= line.primed <= count, "no line")
        demand(all(len(part) == count - 1 for part in line.densities), "densities of another number")
        health_of(line, SCALES)
    health = read_health(folder / "samples" / "health.csv")
    demand(0 <= shares(health)["non_finite_share"] <= 1, "a share that is none")
    demand(all(line.shape[1:] == (3,) for line in read_lines(folder / "samples" / "samples.npy")), "no line")


def stage(name: str) -> Any:
    """The script of a stage."""
    with patch.object(sys, "path", [str(ROOT / "pipeline"), *sys.path]):
        return importlib.import_module(name)


PICTURES = [
    *((run_page, f"draw_{name}") for name in ("by_lift", "by_stroke", "density", "plain", "weights")),
    (run_page, "loss_curves"), (calibration, "draw_calibration"), (report_movement, "draw_percentiles"),
]  # fmt: skip
GIVEN = ("ink", "offsets", "windows", "reports/train", "reports/samples", "reports/metrics.json", "reports/evaluate")


def paged(folder: Path) -> None:
    report = stage("report")
    with patch.object(report, "ROOT", folder):
        report.main(*(folder / name for name in GIVEN), folder / "page.html")
    page = (folder / "page.html").read_text(encoding="utf-8")
    demand(page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n"), "no page")


def paged_without_pictures(folder: Path) -> None:
    """They take a second."""
    with ExitStack() as patched:
        for module, name in PICTURES:
            patched.enter_context(patch.object(module, name, lambda *_: b"<svg/>"))
        paged(folder)


def comparison(folder: Path) -> Comparison:
    with open_runs([str(folder), str(folder / "other")], folder) as runs:
        return comparison_of(runs, [1.0, 2.0], 1)


def compared_on_a_page(folder: Path) -> None:
    demand(page_of_comparison(comparison(folder)).startswith("<!DOCTYPE html>"), "no page")


def compared(folder: Path) -> None:
    found = comparison(folder)
    demand(tables_of(found).configurations.shape[0] == 2, "a table of another size")
    demand(text_of_comparison(found).replace("\n", "").isprintable(), "a text that is not printable")


def outcome(folder: Path) -> None:
    reports = folder / "reports"
    params = read_params(folder / "params.yaml")
    found = record_of_outcome(folder, params, folder / "ink", reports / "train", reports / "metrics.json", [reports])
    demand(found.identity and all(type(point.value) is float for point in found.points), "a figure that is none")


def typefaces(folder: Path) -> None:
    for face in read_typefaces(folder / "fonts"):
        demand(np.isfinite([face.x_height, face.pitch]).all(), "a font without a size")
    demand(read_words(folder / "prose.txt"), "no words")


def called(folder: Path) -> None:
    """`write` as somebody calls it, lists for tuples."""
    try:
        given = json.loads((folder / "arguments.json").read_bytes())
        known = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return
    wanted: Any = {name: known[name] for name in known.keys() & {"bias", "temperature", "strokes", "width", "seed"}}
    lines = write(load_model(folder / "models"), 2, 4, **wanted)
    demand(len(lines.points) == len(lines.health) == 2 and lines.draw().svg, "lines of another number")


def commanded(folder: Path) -> None:
    """`penlift sample` as somebody types it."""
    if not (folder / "typed.txt").is_file():
        return
    typed = os.fsdecode((folder / "typed.txt").read_bytes().replace(b"\0", b"")).split("\n")
    fixed = ["--model", str(folder / "models"), "--out", str(folder / "out.svg"), "--lines", "1", "--points", "4"]
    words = [word.replace("LINE", str(folder / "line.csv")) for word in typed]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            main.main(["sample", *words, *fixed], prog_name="penlift")
        except SystemExit as ended:
            if isinstance(ended.code, str):
                raise InputError(ended.code).with_traceback((ended.__context__ or ended).__traceback__) from None


PATHS = (b"M0 0", b"m", b"z", b"Z", b"h", b"v1", b"a0 0 0 0 0 1 1", b"A1 1 0 1 1 0 0", b"c", b"s", b"q", b"t9 9",
         b"L1e38 1e38")  # fmt: skip
SVG = (*PATHS, b"transform='matrix(1 0 0'", b"matrix(0 0 0 0 0 0)", b"scale(1e300)", b"rotate(1,2)", b"skewX(90)",
       b"data-tablet-units='1e9'", b"<path d='M0 0L9 9'/>", b"<polygon points='0,0 1,1'/>", b"<line x2='9'/>",
       b"<use href='#a'/>", b"xmlns='a'", b"<defs>")  # fmt: skip
INKML = (b"<traceFormat><channel name='X'/></traceFormat>", b"<traceGroup>", b"<trace>1 2, 3 4</trace>", b"'1 2", b"T",
         b'"3 4', b"F", b"type='penUp'", b"#", b"*", b"?")  # fmt: skip
ARRAY = (*b"<f8 <f4 >f2 |O <U5 |S3 <M8[s] |V12 <c8 |b1 <i8 |u1 <f16 <f0 (3,)<f4 descr shape True () (3,) x.npy".split(),
         b"{'a': 1}", b"(-1, 3)", b"(1000000000, 3)", b"PK\x03\x04")  # fmt: skip
TENSORS = tuple(b"F64 F32 F16 BF16 I64 U8 BOOL F4 __metadata__ penlift data_offsets shape dtype floor samples.0 "
                b"best.floor optimiser.x.step optimiser.-1.step".split())  # fmt: skip
TAR = (*b"0 1 2 5 7 L K S x g ustar ././@LongLink GNU.sparse.map=0,1".split(), b"30 path=a\xff\n", b"ustar  ",
       b"22 GNU.sparse.major=1\n", b"22 GNU.sparse.size=99\n", b"19 size=9999999999\n")  # fmt: skip
LISTS = tuple(f"iam/{name}.txt" for name in ("trainset", "testset_v", "testset_t", "testset_f"))
TRACKED = ("reports/train/*", "reports/metrics.json", "params.yaml")
PRIMES = {"line.svg": SVG, "curve.svg": SVG, "line.inkml": INKML, "line.csv": (b"x,y,lift",), "line.npy": ARRAY,
          "line.npz": ARRAY, "line.json": (b"strokes",), "line.jsonl": (b"strokes",)}  # fmt: skip
ROWS: list[Kind] = [
    Kind("official lists", sound.corpus, LISTS, extracted, (b"a00-000u", b"a01-000u", b"zzz"), 0.3),
    Kind("forms.txt", sound.corpus, ("iam/forms.txt",), extracted, (b"a00-000u", b"#", b"writer1"), 0.3),
    Kind("ascii texts", sound.corpus, ("iam/ascii/*",), extracted, (b"CSR:", b"OCR:", b"%%%"), 0.3),
    Kind("line XML", sound.corpus, ("iam/lineStrokes/*",), extracted, (b"<Stroke>", b"<Point x='1' y='2'/>"), 0.6),
    Kind("XML of forms", sound.originals, ("iam/original/*",), extracted, (b"<Form id='a' writerID='1'/>",), 0.3),
    Kind("tar.gz", sound.archives, ("*.tar.gz",), extracted, TAR, 2),
    *(Kind(f"prime {name}", sound.primes, (name,), partial(prime, name), words) for name, words in PRIMES.items()),
    Kind("SVG path", sound.primes, ("path.txt",), path, PATHS),
    *(Kind(f"params.yaml, {name}", sound.sections, (f"{name}.yaml",), partial(section, name), share=0.3)
      for name in SECTIONS),
    Kind("preset", sound.recipes, ("presets/*", "params.yaml"), preset, (b"model", b"hidden", b"scale", b"std", b"{}")),
    Kind("sweep file", sound.recipes, ("small.yaml", "params.yaml"), sweep, (b"model.mixtures", b"train.seed", b"[]")),
    Kind("model", sound.model, ("models/*",), network, TENSORS, 2),
    Kind("recogniser", sound.recogniser, ("recogniser/*",), judge, (*TENSORS, b"enabled", b"signs", b"hidden"), 1),
    Kind("ink, normalised", sound.ink, ("ink/*",), normalised, ARRAY),
    Kind("ink, scored", together(sound.model, sound.ink), ("ink/*",), scored, ARRAY),
    Kind("ink, compared", sound.ink, ("ink/*",), movement, ARRAY),
    Kind("samples", sound.samples, ("samples/*",), drawn, ARRAY),
    Kind("results, on the page", sound.results, ("*",), paged, share=0.03),
    Kind("results, in tables", sound.results, ("*",), paged_without_pictures, (b"valid", b"tablet", b"all"), 0.3),
    Kind("results, compared", sound.twice, ("reports/*", "params.yaml"), compared, (b"test", b"nll_tablet"), 0.3),
    Kind("results, compared on a page", sound.twice, ("*",), compared_on_a_page, share=0.03),
    Kind("results, tracked", sound.results, TRACKED, outcome, share=0.5),
    Kind("state, resumed", sound.state, (f"*/{STATE}", f"*/{JOURNAL}"), resumed, TENSORS, 2),
    Kind("offsets and windows", sound.offsets, ("offsets/*", "windows/*"), learnt, ARRAY),
    Kind("state, listed", sound.state, (".state/f00d/*",), listed, TENSORS, 2),
    Kind("state, drawn", sound.dreamt, ("*",), pictured, ARRAY, 0.3),
    Kind("journal of a search", sound.search, ("*/journal.log", "small.yaml"), searched, (b"op_code", b"trial_id")),
    Kind("record of the outbox", sound.record, ("*/record.json",), recorded, (b"penlift.training", b"files/../../x")),
    Kind("run to restore", sound.sent, ("run/*", "tags.json"), restored, (b"penlift.data_hash", b"FINISHED"), 0.5),
    Kind("dvc.lock and dvc.yaml", sound.locked, ("dvc.*", "params.yaml"), kept, (b"stages", b"outs", b"md5", b"deps")),
    Kind("fonts and prose", sound.fonts, ("*",), typefaces, (b"M 1 1 L 2 2", b"unicode='a'", b"<glyph/>")),
    Kind("arguments of write", together(sound.model, sound.arguments), ("arguments.json",), called, share=0.5),
    Kind("penlift sample", together(sound.model, sound.primes, sound.typed), ("typed.txt",), commanded,
         (b"--at", b"--style", b"fan", b"--help")),
]  # fmt: skip
KINDS = {kind.name: kind for kind in ROWS}
