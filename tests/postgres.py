"""A PostgreSQL server of its own on this machine, to be stopped, killed and started again."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from mlflow_server import free_port

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))  # Debian's
USER, DATABASE = "searcher", "searches"
PATIENCE = 60.0  # s to its first answer


def missing() -> str:
    """What keeps a server from being started here, or nothing."""
    if not (PROGRAMS / "initdb").is_file():
        return "no PostgreSQL server is installed"
    if not importlib.util.find_spec("psycopg"):
        return "psycopg is not installed"
    if os.getuid() == 0 and not any(one.pw_name == "postgres" for one in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


class Postgres:
    """A server with its files in a folder of its own, which lets anybody on this machine in."""

    def __init__(self) -> None:
        self.port, self.folder = free_port(), Path(tempfile.mkdtemp(prefix="penlift-postgres-"))
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--pgdata", str(self.folder / "data"), "--auth", "trust", "--username", USER, "--no-sync")
        self.start()
        self._run("createdb", "--host", "127.0.0.1", "--port", str(self.port), "--username", USER, DATABASE)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(self.folder), "-p", str(self.port)]
        self._process = self._popen("postgres", "-D", str(self.folder / "data"), *options)
        until = time.monotonic() + PATIENCE
        while self._popen("pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(self.port)).wait():
            if time.monotonic() > until or self._process.poll() is not None:
                raise TimeoutError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once; its files stay."""
        if self._process:
            self._process.send_signal(2)  # a fast shutdown
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        if self._popen(program, *arguments).wait():
            raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def _popen(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        groups: list[str | int] | None = [] if self._user else None
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [PROGRAMS / program, *arguments], cwd=self.folder, stdout=log, stderr=log,
                user=self._user, group=self._user, extra_groups=groups,
            )  # fmt: skip
