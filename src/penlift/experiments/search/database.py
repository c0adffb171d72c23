"""A database that holds a search, reached by its URL. What is said of it never shows a password."""

import random
import time
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from penlift.common.errors import InputError

MADE_AT_ONCE = 20  # attempts, while others make the same tables
ANSWERS = 10  # s that a database has to take a connection


def connected(url: str) -> BaseStorage:
    """The storage behind a URL, its tables made where there are none."""
    where = shown(url)
    if where.startswith("sqlite"):
        raise InputError("a storage in SQLite mixes up what several workers write; leave it out, or name PostgreSQL's")
    for _ in range(MADE_AT_ONCE):
        try:
            return _storage(url)
        except (IntegrityError, ProgrammingError):  # another worker has just made the same table
            time.sleep(random.random())
        except (OperationalError, StorageInternalError) as error:
            raise InputError(f"{where} does not answer ({_why(error)}); is it up, is the password right?") from None
        except (ArgumentError, ValueError):
            raise InputError("the storage's URL cannot be read; write it like postgresql://USER@HOST/NAME") from None
        except ImportError:
            raise InputError(f"{where} needs a driver; for PostgreSQL: pip install 'psycopg[binary]'") from None
        except (RuntimeError, SQLAlchemyError) as error:
            raise InputError(f"{where} cannot hold a search ({_why(error)}); make a database of its own") from None
    raise InputError(f"{where}: the tables of a search could not be made; may this user make tables there?")


def shown(url: str) -> str:
    """A URL without its user and password."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return "the storage"
    return f"{parts.drivername}://{parts.host or ''}/{parts.database or ''}"


def _storage(url: str) -> BaseStorage:
    # no connection is kept: hundreds of workers would use them up, and one may be dead after an hour of training
    options: dict[str, Any] = {"poolclass": NullPool}
    if url.startswith("postgresql"):
        options["connect_args"] = {"connect_timeout": ANSWERS}
    plain = url.replace("{", "%7B").replace("}", "%7D")  # Optuna takes braces for fields of its own
    return RDBStorage(plain, engine_kwargs=options)


def _why(error: Exception) -> str:
    """The first line of what a driver said."""
    said = getattr(error, "orig", None) or error.__cause__ or error
    return " ".join(str(said).split("\n")[0].split())[:200]
