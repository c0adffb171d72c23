"""Where runs go is known before they do, and who may go there is told to nobody."""

import os
import shutil
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tracked import client_of, embedded, files_in, outcome, training

from penlift.common.errors import InputError
from penlift.tracking.client import send
from penlift.tracking.outbox import deliver_training, hand_over, mirrored, outcomes_in
from penlift.tracking.store import Silent, Store, Unsent, without_secrets
from penlift.training.folder import JOURNAL, Journal, read_training

pytestmark = pytest.mark.filterwarnings("default")  # of packages that MLflow brings along
SET = ("URI", "USERNAME", "PASSWORD", "TOKEN", "SERVER_CERT_PATH", "INSECURE_TLS", "CLIENT_CERT_PATH")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DVC_ROOT", "MLFLOW_EXPERIMENT_NAME", *(f"MLFLOW_TRACKING_{what}" for what in SET)):
        monkeypatch.setenv(name, "")  # what a test leaves in it goes with the test
        monkeypatch.delenv(name)


REFUSED = {
    "postgresql://me:secret@host/mlflow?password=secret": "postgresql://host/mlflow",
    "me:secret@127.0.0.1:5000": "127.0.0.1:5000",
    "http://me:se/cr@et@host": "http://host",
    "http://me:12/secr?et@host": "http://host",
    "http://host/?token=secret": "http://host/",
} | {uri: uri for uri in ("file:///runs", "file:./mlruns", "mlruns", "databricks", "127.0.0.1:5000", "http://",
                          "http://[", "http://host:port", "http://host/#part", "sqlite:///", "sqlite://")}  # fmt: skip


@pytest.mark.parametrize(("uri", "shown"), REFUSED.items())
def test_what_names_no_store_is_refused_without_its_secrets(
    uri: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)

    with pytest.raises(InputError) as refused:
        Store.of(Path())

    assert str(refused.value).startswith(f"MLFLOW_TRACKING_URI is {shown!r}: runs go to a server, http://HOST:PORT, ")
    assert not {"secret", "se/cr", "secr", "et@"} & set(str(refused.value).split())


def test_a_run_waits_where_nothing_says_where_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "file:./mlruns")

    said = hand_over(outcome(tmp_path), tmp_path / ".state", tmp_path)

    assert said.startswith("MLFLOW_TRACKING_URI is 'file:./mlruns': ")
    assert "nothing is lost" in said
    assert len(outcomes_in(tmp_path / ".state")) == 1


def test_a_login_goes_to_mlflows_own_variables_and_is_in_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "HTTPS://some%40body:s3cr%2Ft@127.0.0.1:9/base")

    store = Store.of(tmp_path)

    assert store.uri == "https://127.0.0.1:9/base"
    assert os.environ["MLFLOW_TRACKING_USERNAME"] == "some@body"
    assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "s3cr/t"
    with pytest.raises(Unsent) as failed:
        send(training(), store)
    assert str(failed.value) == "https://127.0.0.1:9/base does not answer (ConnectionError)"


def test_nothing_secret_is_left_in_what_a_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    said = "http://me:pass@host:5000/a failed: 403 for url: https://store/x?Signature=abc&b=c, 'Bearer t0ken'; why?"

    assert without_secrets(said) == "http://host:5000/a failed: 403 for url: https://store/x 'Bearer ...'; why?"


class Refusing(BaseHTTPRequestHandler):
    """A server that wants a login, and tells what it was given."""

    seen: list[str]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        given = str(self.headers.get("Authorization"))
        type(self).seen.append(given)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b"who is there? " + os.environ.get("MLFLOW_TRACKING_PASSWORD", "").encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Refusing.seen = []
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        yield server
        server.shutdown()


def start(server: HTTPServer) -> str:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


def test_a_login_is_given_to_the_server_and_what_it_says_back_shows_none(
    tmp_path: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:s3cret@{start(server)}")

    said = hand_over(outcome(tmp_path), tmp_path / ".state", tmp_path)

    assert "Basic bWU6czNjcmV0" in Refusing.seen
    assert "refuses the run" in said
    assert "401" in said
    assert "s3cret" not in said
    assert not [path for path in (tmp_path / ".state").rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key, and a certificate for this machine that it has signed itself, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(host, critical=True).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(plain + made.public_bytes(pem))
    return file


def test_a_server_with_its_own_certificate_answers_whoever_trusts_it(
    tmp_path: Path, server: HTTPServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    store = Store(f"https://{start(server)}", tmp_path / "lock")

    with pytest.raises(Silent, match="does not answer"):
        store.check(5)
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate))
    store.check(5)
    monkeypatch.setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", str(certificate))
    store.check(5)
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(tmp_path / "none"))
    with pytest.raises(Silent, match=r"cannot be asked \(Could not find a suitable TLS CA certificate bundle"):
        store.check(5)
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    store.check(5)


def test_a_checkout_may_have_any_name(tmp_path: Path) -> None:
    home = tmp_path / "a%20b?ä c#"
    home.mkdir()

    store = Store.of(home)
    run_id = send(outcome(tmp_path), store)

    assert store.file == home / "mlflow.db"
    assert {path.name for path in home.iterdir()} == {"mlflow.db", "mlruns"}
    assert {path.name for path in tmp_path.iterdir()} == {home.name, "made"}
    assert len(list((home / "mlruns" / run_id / "artifacts").rglob("metrics.json"))) == 1


def test_runs_are_in_the_experiment_that_the_user_names_and_options_of_the_file_are_its_drivers(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{store.uri}?timeout=30")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "hands")

    mine = Store.of(tmp_path)
    run_id = send(training("mine"), mine)

    client = client_of(store.uri)
    (run,) = client.search_runs([client.get_experiment_by_name("hands").experiment_id])
    assert run.info.run_id == run_id
    assert mine.file == store.file
    assert mine.lock == store.lock


def test_artifacts_that_the_user_has_put_elsewhere_stay_there(tmp_path: Path) -> None:
    store = embedded(tmp_path)
    for name in ("store", "mlruns"):
        place = tmp_path / "elsewhere" / name
        place.mkdir(parents=True)
        client_of(store.uri).create_experiment(name, place.as_uri())

        run_id = send(outcome(tmp_path), store._replace(experiment=name))

        assert (place / run_id / "artifacts" / "params.yaml").is_file()


def test_a_copied_checkout_writes_into_itself_and_finds_what_was_copied(store: Store, tmp_path: Path) -> None:
    assert store.file
    first, second = store.file.parent, tmp_path / "second"
    older = send(outcome(tmp_path / "a", "older", "older"), store)
    folder = first / ".state" / "cut"
    folder.mkdir(parents=True)
    journal = Journal(folder / JOURNAL)
    journal.add(epoch=1, valid_nll_nats_per_point=3.0)
    journal.flush()
    cut = deliver_training(folder, store)
    default = client_of(store.uri).create_experiment("default", (first / "mlruns" / "7").as_uri())  # as MLflow does
    shutil.copytree(first, second)
    before = sorted(path.relative_to(first) for path in first.rglob("*"))

    copied = Store.of(second)
    assert mirrored(read_training(second / ".state" / "cut"), copied) == "yes"
    newer = [send(outcome(tmp_path / "b", name, name), copied) for name in ("newer", "cut")]
    send(training(), copied._replace(experiment="default"))

    assert sorted(path.relative_to(first) for path in first.rglob("*")) == before
    assert newer[1] == cut
    client = client_of(copied.uri)
    assert client.get_experiment(default).artifact_location == (second / "mlruns" / "7").as_uri()
    for run_id in (older, *newer):
        assert client.get_run(run_id).info.artifact_uri == (second / "mlruns" / run_id / "artifacts").as_uri()
        assert files_in(copied.uri, run_id) >= {"params.yaml", "reports/metrics.json"}
