"""What every stage script starts with: this checkout's own code, its params.yaml, and errors as one line.

Importing this module puts `src` of the checkout that the script belongs to first on the path. A queued DVC experiment
runs in a copy of the repository, and must run the code of that copy, not of the workspace it was started from.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
if any(importlib.util.find_spec(name) is None for name in ("pydantic", "ruamel", "torch")):
    sys.exit(f"penlift: {sys.executable} lacks the packages; run `make repro`, or `. .venv/bin/activate` first")

from penlift.common.errors import InputError  # noqa: E402  (the path comes first)
from penlift.common.params import Section, read_section  # noqa: E402


def section(name: str, record: type[Section]) -> Section:
    """Section `name` of this checkout's params.yaml."""
    return read_section(ROOT / "params.yaml", name, record)


def run(main: Callable[..., None]) -> None:
    """Call `main` with the paths of the command line; an error that a user can mend ends in one line and status 1."""
    script = Path(sys.argv[0])
    names = list(inspect.signature(main).parameters)
    if len(sys.argv) != len(names) + 1:
        sys.exit(f"usage: python pipeline/{script.name} {' '.join(name.upper() for name in names)}")
    try:
        main(*(Path(argument) for argument in sys.argv[1:]))
    except InputError as error:
        sys.exit(f"penlift {script.stem}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"penlift {script.stem}: stopped; `dvc repro` starts this stage again")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(
            f"penlift {script.stem}: {where}{error.strerror or error}; check the path, its rights and the free space"
        )
