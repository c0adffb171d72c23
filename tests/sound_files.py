"""Small sound files of every kind that penlift reads, each made once: what mutations begin with."""

import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch
from xml.sax.saxutils import quoteattr

import numpy as np
from conftest import ROOT, form_files, line_xml, pack, wavy_line, written_line
from file_trees import FORMS
from mutants import Files, put
from networks import SCALES, make_network
from optuna.distributions import CategoricalDistribution
from optuna.samplers import RandomSampler
from optuna.trial import TrialState
from recognisers import make_recogniser
from small_run import make_run
from small_trainings import SHAPE, beginning, recipe
from stages import STAGES

from penlift.common.files import write_json
from penlift.common.params import flatten, read_params
from penlift.corpus.typeface import PRINTABLE
from penlift.experiments import search as searches
from penlift.experiments.restore import _files
from penlift.experiments.sections import SECTIONS
from penlift.experiments.storage import folder_of, storage_of
from penlift.experiments.sweeps.design import read_sweep
from penlift.handwriting import write, written
from penlift.ink.lines import load_ink, load_points, save_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams
from penlift.ink.windows import WindowParams, index_windows
from penlift.model.checkpoint import Model, save_model
from penlift.model.network import ModelParams
from penlift.recognition.checkpoint import save_recogniser
from penlift.recognition.params import INDEX
from penlift.sampling.health import health_of, table_of
from penlift.sampling.samples import save_samples
from penlift.tracking.outcome import fingerprint_of
from penlift.training.folder import JOURNAL, STATE, Kept
from penlift.training.loop import fit, judge_epoch
from penlift.training.recipe import Recipe, load_material
from penlift.training.resume import pack as pack_state
from penlift.training.state import TrainState, to_table
from penlift.training.writing import NATS, Material

LINE = wavy_line(1, 12)
NETWORK = ModelParams.model_validate(SHAPE | {"dropout": 0.0})
WINDOW = WindowParams(length=8, shortest=4, rarest=1, joined=0.0)
TRAINING = recipe(batch=2, epochs=2)


def made(write_into: Callable[[Path], object]) -> Files:
    """What a function puts into a folder."""
    with TemporaryDirectory() as place:
        write_into(Path(place))
        files = sorted(path for path in Path(place).rglob("*") if path.is_file())
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def below(folder: str, files: Files) -> Files:
    """The same files in a folder of that name."""
    return {f"{folder}/{name}": content for name, content in files.items()}


@cache
def corpus() -> Files:
    """Ink in the shape of IAM-OnDB's trees, a form in each list."""
    strokes, texts = form_files(4, 1, 12)
    lists = {f"{name}.txt": b"a%02d-000u\n" % form
             for form, name in enumerate(("trainset", "testset_v", "testset_t", "testset_f"))}  # fmt: skip
    writers = "".join(f"a{form:02}-000u writer{form}\n" for form in range(4)).encode()
    return below("iam", strokes | texts | lists | {"forms.txt": b"# form, writer\n" + writers})


@cache
def originals() -> Files:
    """The same without forms.txt: writers are named by the XML of whole forms."""
    form = '<WhiteboardSession><General><Form id="a{0:02}-000u" writerID="{0}"/></General></WhiteboardSession>'
    named = {f"iam/original/a{n:02}/strokesu.xml": form.format(n).encode() for n in range(4)}
    return {name: content for name, content in corpus().items() if not name.endswith("forms.txt")} | named


@cache
def archives() -> Files:
    """The same as archives, one member with a name that is too long for its header, and one that is sparse."""

    def pack_all(folder: Path) -> None:
        files = {name.removeprefix("iam/"): content for name, content in corpus().items()}
        for archive, tree in (("lineStrokes-all", "lineStrokes/"), ("ascii-all", "ascii/")):
            long = {f"{tree}{'long/' * 60}a04-000u-01.xml": line_xml(LINE)}
            file = folder / f"{archive}.tar.gz"
            pack(file, {name: files[name] for name in files if name.startswith(tree)} | long)
            entries = FORMS[".gz"].read(file.read_bytes())
            file.write_bytes(FORMS[".gz"].write([*entries, *sparse(f"{tree}a05-000u-01.xml", line_xml(LINE))]))

    trees = ("iam/lineStrokes/", "iam/ascii/")
    return {name: text for name, text in corpus().items() if not name.startswith(trees)} | below("iam", made(pack_all))


def sparse(name: str, content: bytes) -> list[dict[str, object]]:
    """The headers of a file that GNU tar has left the holes out of, and what is left."""
    facts = {"major": 1, "minor": 0, "name": name, "realsize": len(content)}
    lines = [f" GNU.sparse.{key}={value}\n" for key, value in facts.items()]
    said = "".join(f"{len(line) + 2}{line}" for line in lines).encode()
    holed = f"1\n0\n{len(content)}\n".encode().ljust(512, b"\0") + content
    return [
        {"name": "pax", "type": kind, "size": len(each), "magic": "ustar", "content": each}
        for kind, each in (("x", said), ("0", holed))
    ]


@cache
def primes() -> Files:
    """A line in every format, and curves as pictures and as the d of a path."""
    points, kinds = LINE[:, :3].astype(np.float64), ("svg", "inkml", "jsonl", "npz")
    files = {f"line.{kind}": written(kind, [points]) for kind in kinds}
    file = io.BytesIO()
    np.save(file, points)
    rows = "".join(f"{x:g},{y:g},{lift:g}\n" for x, y, lift in points)
    curve = b"M 1 8 C 4 1, 6 1, 9 8 S 15 15, 18 8 q 2 -3 4 0 t 9 9 h 5 v -9 a 9 4 30 1 0 9 9 l 3 3 m 4 0 l 9 9 z"
    turned = b'<g transform="translate(3 4) rotate(9)"><path d="%s"/><polyline points="1,2 3,4"/></g></svg>' % curve
    return files | {
        "line.npy": file.getvalue(), "line.json": files["line.jsonl"], "line.csv": f"x,y,lift\n{rows}".encode(),
        "path.txt": curve, "curve.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + turned,
    }  # fmt: skip


@cache
def sections() -> Files:
    """Each section of params.yaml alone, with its comments."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    parts = dict(zip(SECTIONS, text[text.index("\ncompose:") :].split("\n\n"), strict=True))
    return {f"{name}.yaml": part.encode() for name, part in parts.items()}


@cache
def recipes() -> Files:
    """A params.yaml, a preset and a sweep file of the least size."""
    params = {"compose.yaml", "normalise.yaml", "model.yaml", "train.yaml"}
    whole = b"\n".join(content for name, content in sections().items() if name in params)
    preset = b"# a recipe\nmodel: {cell: gru, hidden: 9}\nnormalise:\n  scale: std\n"
    sweep = (
        b"name: small\nabout: Which?\ndesign: grid\nseeds: [1, 2]\nequal: 0.02\nset:\n  model.hidden: 8\nfactors:\n"
        b"  model.mixtures: [5, 1]\n  cell:\n    lstm: {model.cell: lstm, model.peepholes: true}\n"
        b"    gru: {model.cell: gru, model.peepholes: false}\nsearch: {trials: 3, warm_up: 1}\n"
    )
    return {"params.yaml": whole, "presets/small.yaml": preset, "small.yaml": sweep}


@cache
def model() -> Files:
    """An untrained network."""
    network = make_network(dropout=0.0).eval()
    return below("models", made(lambda folder: save_model(folder, Model(network, NETWORK, SCALES))))


@cache
def recogniser() -> Files:
    """An untrained recogniser, as stage recognise leaves one."""

    def make(folder: Path) -> None:
        save_recogniser(folder, make_recogniser())
        write_json(folder / INDEX, {"enabled": True})

    return below("recogniser", made(make))


@cache
def ink() -> Files:
    """Four lines by four writers."""
    splits = ("train", "train", "valid", "test")
    lines = [written_line(n, split, 12 + n, f"w{n}") for n, split in enumerate(splits, 1)]
    return below("ink", made(lambda folder: save_ink(folder, lines)))


@cache
def offsets() -> Files:
    """What stages normalise and window leave."""

    def make(folder: Path) -> None:
        put(ink(), folder)
        (folder / "offsets").mkdir()
        (folder / "windows").mkdir()
        normalise(load_points(folder / "ink"), NormaliseParams(cap=500.0, scale=20.0, rate=None), folder / "offsets")
        index_windows(load_ink(folder / "offsets"), WINDOW)[0].to_csv(folder / "windows" / "index.csv", index=False)

    return {name: content for name, content in made(make).items() if not name.startswith("ink/")}


@cache
def samples() -> Files:
    """What stages sample and train leave of lines."""

    def make(folder: Path) -> None:
        lines = write(Model(make_network(dropout=0.0).eval(), NETWORK, SCALES), 2, 8).lines
        save_samples(folder / "samples.npz", lines)
        np.save(folder / "samples.npy", np.stack([line.points for line in lines]))
        table_of(health_of(line, SCALES) for line in lines).to_csv(folder / "health.csv", lineterminator="\n")

    return below("samples", made(make))


@cache
def results() -> Files:
    """All that the page of a run is told of, and that runs are compared by."""

    def make(folder: Path) -> None:
        with redirect_stderr(io.StringIO()):
            small = make_run(folder, ("valid",), held_out=1, points=10)
        (folder / "reports" / "train").mkdir(parents=True)
        (folder / "evaluate").rename(folder / "reports" / "evaluate")
        to_table(trained().history, NATS).to_csv(folder / "reports" / "train" / "history.csv", index=False)
        counts = {"lines": 9, "points": 1234, "writers": 4, "forms": 5}
        said = {
            "ink/summary.json": {"splits": {"train": counts, "valid": counts}, "rejected": 2,
                                 "reasons": {"one point": 2}, "torn_writers": ["w1"]},
            "offsets/summary.json": {"offsets": 1200, "capped": 7, "zero": 11},
            "windows/coverage.json": {"lines": 8, "targets": 1100, "left_out": ["a01-000u-03"], "most_to_least": 1.9},
            "reports/train/training.json": {"fingerprint": "f00d", "torch": "2"},
            "reports/metrics.json": small.metrics,
        }  # fmt: skip
        put({name: json.dumps(content).encode() for name, content in said.items()}, folder)
        drawn = {name: samples()[f"samples/{name}"] for name in ("samples.npz", "health.csv", "samples.npy")}
        put(below("reports/samples", drawn), folder)
        (folder / "reports" / "samples" / "samples.npy").rename(folder / "reports" / "train" / "samples.npy")

    unread = ("offsets/points.npy", "offsets/index.csv", "offsets/scales.json")
    found = {name: content for name, content in made(make).items() if name not in unread}
    return found | {"params.yaml": (ROOT / "params.yaml").read_bytes()}


@cache
def twice() -> Files:
    """A run, and another that is the same."""
    run = {name: content for name, content in results().items() if name.startswith(("reports/", "params"))}
    return run | below("other", run)


def material(folder: Path) -> Material:
    return load_material(folder / "offsets", folder / "windows", Recipe(NETWORK, TRAINING, WINDOW), folder)


@cache
def trained() -> TrainState:
    """A training behind its first epoch and another step."""
    with TemporaryDirectory() as place:
        put(offsets(), Path(place))
        known, state = material(Path(place)), beginning(TRAINING)
        for step in fit(state, known.batches, TRAINING):
            if state.history:
                break
            if step.ends_epoch:
                judge_epoch(state, step, known)
    return state


@cache
def state() -> Files:
    """The folder of a training, as it lies below .state."""
    history = trained().history[0].told(NATS)
    step = {"time": 1.5, "number": 1, "targets": 16, "seconds": 0.25, "peak_mib": 300}
    load = {"cpu_utilization_percentage": 9.5}
    events = (step, {"time": 2.5} | history | {"system": load}, {"time": 3.5, "ended": "Stopped", "why": "SIGTERM"})
    about = {"name": "brave-puma", "tags": {"penlift.training": "f00d"}, "params": {"train.epochs": 2}}
    journal = "".join(json.dumps(event) + "\n" for event in events).encode()
    return {
        f".state/f00d/{STATE}": pack_state(trained(), Kept("f00d", len(journal), done=False)),
        f".state/f00d/{JOURNAL}": journal, ".state/f00d/run.json": json.dumps(about).encode(),
        ".state/f00d/mirrored.json": b'{"uri": "http://x", "points": 6, "status": "KILLED"}',
        ".state/f00d/lock": b"", ".state/f00d/pid": b"1\n",
    }  # fmt: skip


@cache
def dreamt() -> Files:
    """A line that a training dreamt, to be drawn."""
    return below(".state/f00d", made(lambda folder: np.save(folder / "epoch-1.npy", LINE[:, :3])))


@cache
def search() -> Files:
    """The journal of a search with a trial in each state, and its sweep file."""

    def make(folder: Path) -> None:
        put(recipes(), folder)
        with patch.multiple(searches, params_at=lambda *_: {}, data_at=lambda *_: ""):
            sweep, storage = read_sweep(folder / "small.yaml"), storage_of(None, folder, "small")
            study = searches.opened(sweep, storage, folder, "abc", begin=True).study
            study.sampler = RandomSampler(seed=1)
            for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING):
                trial = study.ask({name: CategoricalDistribution([*levels]) for name, levels in sweep.levels.items()})
                trial.report(1.5, 1)
                if state != TrialState.RUNNING:
                    study.tell(trial, 1.5 if state == TrialState.COMPLETE else None, state)
        journal = folder_of(folder, "small") / "journal.log"
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "2026-01-01T00:00:00.000000", journal.read_text())
        journal.write_text(re.sub(r'"worker_id":"[^"]*"', '"worker_id":"w"', text))
        (folder / ".state" / "searches" / "small" / "journal.log.lock").touch()

    return made(make)


@cache
def record() -> Files:
    """A record that waits for a store, with a file of its run."""
    said = {
        "name": "lstm", "tags": {"penlift.training": "f00d", "penlift.outcome": "beef"}, "status": "FINISHED",
        "began": 17, "params": {"model.cell": "lstm", "sample.bias": 0},
        "points": [["valid", 1.5, 1, 17], ["valid", "NaN", 2, 18]],
        "images": [{"key": "by_epoch/dreamt", "step": 1, "png": "aGVsbG8="}],
        "files": {"params.yaml": "files/params.yaml"},
    }  # fmt: skip
    place = ".state/waiting/beef"
    return {f"{place}/record.json": json.dumps(said, indent=2).encode(), f"{place}/files/params.yaml": b"model: {}\n"}


@cache
def sent() -> Files:
    """The files of a finished run as a store has them, and what it says of the run."""
    lock = b"schema: '2.0'\nstages:\n  train: {cmd: python pipeline/train.py a}\n"
    made_by = {"models/model.json": b"{}", "reports/metrics.json": b"{}", "dvc.lock": lock}
    run = made_by | {"params.yaml": (ROOT / "params.yaml").read_bytes()}

    def make(folder: Path) -> None:
        put(run, folder / "run")
        put({"dvc.yaml": b"stages: {train: {cmd: python pipeline/train.py a}}\n"}, folder)
        flat = dict(flatten(read_params(folder / "run" / "params.yaml")))
        tags = {"penlift.data_hash": "d00f", "penlift.outcome": fingerprint_of(flat, "d00f", _files(folder / "run"))}
        (folder / "tags.json").write_text(json.dumps(tags | {"penlift.training": "f00d"}))

    return made(make)


@cache
def locked() -> Files:
    """What DVC says of a finished experiment."""
    stages = {name: {key: STAGES[name][key] for key in ("cmd", "deps", "outs")} for name in ("normalise", "train")}
    outs = {"outs": [{"path": "models", "md5": f"{'a' * 30}.dir"}]}
    lock = {"schema": "2.0", "stages": {"train": outs, "evaluate": outs}}
    write_yaml = FORMS[".yaml"].write
    return {
        "dvc.yaml": write_yaml({"stages": stages}),
        "dvc.lock": write_yaml(lock),
        "params.yaml": recipes()["params.yaml"],
    }


@cache
def fonts() -> Files:
    """A font of the built-in corpus and a text."""
    glyphs = "".join(f'<glyph unicode={quoteattr(letter)} d="M 1 1 L 9 {number} M 3 4 L 5 6"/>'
                     for number, letter in enumerate(PRINTABLE))  # fmt: skip
    font = f'<svg xmlns="http://www.w3.org/2000/svg"><defs><font horiz-adv-x="20">{glyphs}</font></defs></svg>'
    return {"fonts/one.svg": font.encode(), "prose.txt": b"It was a bright cold day in April.\n"}


def arguments() -> Files:
    """Those of `penlift.handwriting.write`."""
    given = {"lines": 1, "points": 4, "bias": 0.5, "temperature": [1, 0.3, 1.0], "strokes": 3, "width": 6e3, "seed": 7}
    return {"arguments.json": json.dumps(given).encode()}


def typed() -> Files:
    """What somebody types behind `penlift sample`, a word a line; LINE stands for a file."""
    options = b"--bias 0.5 --temperature 1,0.3,1 --width 6000 --strokes 3 --seed 7 --style plain --prime LINE"
    return {"typed.txt": options.replace(b" ", b"\n")}


def together(*parts: Callable[[], Files]) -> Callable[[], Files]:
    """Several kinds of files in one folder."""
    return cache(lambda: {name: content for part in parts for name, content in part().items()})
