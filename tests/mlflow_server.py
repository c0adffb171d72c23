"""A real MLflow server on this machine, to be stopped, killed and started again."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests

PATIENCE = 60.0  # s to its first answer


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """`mlflow server` with its database and artifacts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, **environment: str) -> None:
        """Start it, and wait until it answers."""
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        options = options or (
            "--backend-store-uri", f"sqlite:///{self.folder / 'server.db'}",
            "--artifacts-destination", str(self.folder / "artifacts"),
        )  # fmt: skip
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--workers", "1")
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *where, *options],
                env=os.environ | quiet | environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if time.monotonic() > until:
                raise TimeoutError((self.folder / "server.log").read_text()[-2000:])
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.uri}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """No file that it writes may grow any more."""
        self._limit(0)

    def empty_disk(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def kill(self) -> None:
        if self._process:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _signal(self, number: int) -> None:
        assert self._process
        os.killpg(self._process.pid, number)

    def _limit(self, size: int) -> None:
        assert self._process
        one = psutil.Process(self._process.pid)
        for process in (one, *one.children(recursive=True)):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
