"""Every way in which params.yaml can be wrong is one line that names the key, its value and the remedy."""

import codecs
import json
import re
from pathlib import Path
from typing import Any

import pytest
from checkouts import from_before
from conftest import ROOT

from penlift.common.errors import InputError
from penlift.common.params import MEANT, Params, read_params, read_section
from penlift.corpus.compose import ComposeParams
from penlift.evaluation.evaluate import EvaluateParams
from penlift.ink.scales import NormaliseParams
from penlift.ink.windows import WindowParams
from penlift.io.extraction import ExtractParams
from penlift.model.network import ModelParams
from penlift.recognition.params import RecogniseParams
from penlift.sampling.sampler import SampleParams
from penlift.training.optimisation import TrainParams

RECORDS: dict[str, type[Params]] = {
    "compose": ComposeParams,
    "extract": ExtractParams,
    "normalise": NormaliseParams,
    "window": WindowParams,
    "model": ModelParams,
    "train": TrainParams,
    "recognise": RecogniseParams,
    "sample": SampleParams,
    "evaluate": EvaluateParams,
}
FAULTS = [
    ("mixtures: 20", "mixture: 20", "model.mixture is not a parameter; did you mean model.mixtures?"),
    ("  skip: false", "  # skip: false", "model.skip is missing; add it (true or false: connections past the layers"),
    ("layers: 2 ", "layers: two ", "model.layers is 'two'; it should be a valid integer"),
    ("layers: 2 ", "layers: 2.5 ", "model.layers is 2.5; it should be a valid integer"),
    ("peepholes: false", "peepholes: 1", "model.peepholes is 1; it should be a valid boolean"),
    ("dropout: 0.2", "dropout: 1.0", "model.dropout is 1.0; it should be less than 1"),
    ("dropout: 0.2", "dropout: .nan", "model.dropout is nan; it should be a finite number"),
    ("cell: lstm", "cell: LSTM", "model.cell is 'LSTM'; it should be 'lstm', 'gru' or 'rnn'"),
    ("peepholes: false", "peepholes: true\n  cell: gru", "Duplicate"),
]


def params_with(tmp_path: Path, old: str, new: str) -> Path:
    text = (ROOT / "params.yaml").read_text()
    assert text.count(old) >= 1
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_a_fault_in_a_section_is_named_with_its_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = params_with(tmp_path, old, new)

    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_section(path, "model", ModelParams)

    assert "\n" not in str(raised.value)


def test_a_file_from_before_is_told_all_that_it_lacks_on_one_line_and_that_is_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(from_before((ROOT / "params.yaml").read_text()))
    message = re.escape(
        f"{path}: lacks parameters that are newer than it; add `drills: 0` to compose, `rate: null` to normalise, "
        "`rarest: 5` and `joined: 0.25` to window, `text: false` to model, `new_signs: false` to train, "
        "`texts: null` to sample, `read: 200` to evaluate, "
        '`recognise: {"enabled": false, "hidden": 96, "dropout": 0.1, "learning_rate": 0.004, "batch": 16, '
        '"epochs": 7, "rarest": 5, "start": null, "new_signs": false, "seed": 1, "threads": 2, "save_every": 30}`, '
        "and it means what it did"
    )

    for name, record in RECORDS.items():
        if name == "recognise":
            continue
        with pytest.raises(InputError, match=f"^{message}$"):
            read_section(path, name, record)

    for section, line in [("compose", "drills: 0"), ("normalise", "rate: null"), ("window", "rarest: 5"),
                          ("window", "joined: 0.25"), ("model", "text: false"), ("train", "new_signs: false"),
                          ("sample", "texts: null"), ("evaluate", "read: 200")]:  # fmt: skip
        path.write_text(re.sub(f"(?m)^{section}:.*$", rf"\g<0>\n  {line}", path.read_text()))
    path.write_text(path.read_text() + f"recognise: {json.dumps(MEANT['recognise'])}\n")
    assert all(read_section(path, name, record) for name, record in RECORDS.items())


def test_a_file_lacks_no_more_than_it_lacks_and_a_slip_in_a_new_key_is_said_first(tmp_path: Path) -> None:
    path = params_with(tmp_path, "  text: false", "  # text: false")
    with pytest.raises(InputError, match="; add `text: false` to model, and it means"):
        read_section(path, "train", TrainParams)

    path = params_with(tmp_path, "  text: false", "  txt: false")
    with pytest.raises(InputError, match=r"model\.txt is not a parameter; did you mean model\.text\?$"):
        read_section(path, "model", ModelParams)


def test_peepholes_with_a_cell_that_has_none_are_refused(tmp_path: Path) -> None:
    path = params_with(tmp_path, "cell: lstm ", "cell: gru ")
    path.write_text(path.read_text().replace("peepholes: false", "peepholes: true"))

    message = "params.yaml: model: peepholes is true but cell is 'gru'; only lstm has peepholes"
    with pytest.raises(InputError, match=re.escape(message)):
        read_section(path, "model", ModelParams)


def test_ink_at_an_address_is_refused_before_anything_goes_there(tmp_path: Path) -> None:
    path = params_with(tmp_path, "path: data/corpus", "path: http://127.0.0.1:1/ink")

    with pytest.raises(InputError, match="copy the ink to a folder, and name that"):
        read_section(path, "extract", ExtractParams)


LAUGHS = "\n".join([f"a: &a0 [{'x' * 99}]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model: {a: !!bool foo}", "'foo'"),
        ("model: {a: !!int ''}", "string index out of range"),
        ("model: {a: !!binary aGk=}", "b'hi' is neither text nor number; write it in quotes"),
        ("model: {a: 2026-02-03}", "datetime.date(2026, 2, 3) is neither text nor number; write it in quotes"),
        (f"model: {{a: {'[' * 999}{']' * 999}}}", "maximum recursion depth"),
        ("5: {a: 1}", "5 is no name; write a text of up to 100 letters"),
        (f"model: {{{'a' * 101}: 1}}", "is no name; write a text of up to 100 letters"),
        (f"model: {{a: 0x{'f' * 5000}}}", "an integer of 20000 bits; 64 are the most"),
        (LAUGHS, "over 10,000 values, aliases followed"),
        ("model: &m [1, *m]", "over 10,000 values, aliases followed"),
        (f"model: &m [{'1, ' * 5000}*m]", "over 10,000 values, aliases followed"),
        (f"model: {'x' * 70000}", "it has 70,007 bytes, and 65,536 are the most"),
        ('model: {cell: "a\\0b"}', "a control character in 'a\\x00b'"),
        ('model: {cell: "a\\ud800"}', "a control character in 'a\\ud800'"),
        ('model: {cell: "\\Uffffffff"}', "Python int too large"),
    ],
)
def test_what_no_parameter_can_be_is_refused_in_a_short_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "params.yaml").write_text(content)

    with pytest.raises(InputError, match=re.escape(message)) as raised:
        read_section(tmp_path / "params.yaml", "model", ModelParams)

    said = str(raised.value).removeprefix(str(tmp_path))
    assert re.fullmatch(r"/params.yaml: not readable as YAML in UTF-8 \([ -~]{1,150}\); mend it there", said)


def test_a_long_value_and_many_faults_are_cut_short(tmp_path: Path) -> None:
    text = "".join(f"  key{number}: {'x' * 900}\n" for number in range(50))
    (tmp_path / "params.yaml").write_text(f"model:\n  cell: {'y' * 900}\n{text}")

    with pytest.raises(InputError, match=r"model\.cell is 'y{20,40}\.\.\.y{20,40}'; .*; and 54 more$") as raised:
        read_section(tmp_path / "params.yaml", "model", ModelParams)

    assert len(str(raised.value)) < 600


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_file_is_read_with_a_byte_order_mark_and_line_ends_of_windows_too(tmp_path: Path, mark: bytes) -> None:
    content = (ROOT / "params.yaml").read_bytes()
    (tmp_path / "params.yaml").write_bytes(mark + content.replace(b"\n", b"\r\n"))

    assert read_params(tmp_path / "params.yaml") == read_params(ROOT / "params.yaml")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "params.yaml").write_text("model: {cell: 'l\N{LATIN SMALL LETTER E WITH ACUTE}'}", encoding=encoding)

    with pytest.raises(InputError, match=r"params\.yaml: not readable as YAML in UTF-8 \(.*\); mend it there$"):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model: [", "not readable as YAML"),
        ("", "not sections"),
        ("a: {}", "'model' is missing; it needs cell, peepholes"),
        ("modle: {}", "section 'model' is missing; is it 'modle'?"),
        ("a: 1", "section 'a' is 1, not parameters"),
        ("a: {b: 2026-02-31}", "not readable as YAML"),
    ],
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(content)

    with pytest.raises(InputError, match=message):
        read_section(path, "model", ModelParams)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: there is no such file; restore it"):
        read_params(tmp_path / "params.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    path = params_with(tmp_path, "learning_rate: 0.01", "learning_rate: 1e-3")

    assert read_section(path, "train", TrainParams).learning_rate == 0.001


@pytest.mark.parametrize("section", RECORDS)
def test_params_yaml_holds_each_parameter_of_its_record_and_says_what_it_is(section: str) -> None:
    record: Any = read_section(ROOT / "params.yaml", section, RECORDS[section])

    assert list(read_params(ROOT / "params.yaml")[section]) == list(RECORDS[section].model_fields)
    assert all(field.description for name, field in type(record).model_fields.items() if name != "seed")


def test_params_yaml_has_no_section_that_nobody_reads() -> None:
    assert list(read_params(ROOT / "params.yaml")) == list(RECORDS)
