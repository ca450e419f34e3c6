"""A PostgreSQL database in place of the store in a data folder, where this run of the stories is on PostgreSQL."""

import atexit
import itertools
import os
import shutil
import subprocess
from pathlib import Path

_made = itertools.count()


def database_of(data: Path) -> dict[str, str]:
    """The settings that name a new database for the server on this data folder; none where its store is in the folder."""
    store = os.environ.get("HEARKEN_TEST_STORE", "")
    if store in ("", "sqlite"):
        return {}
    assert store == "postgres", f"HEARKEN_TEST_STORE is {store!r}: sqlite or postgres"
    address = os.environ.get("HEARKEN_TEST_POSTGRES")
    assert address, "HEARKEN_TEST_POSTGRES names no PostgreSQL: the bin throwaway-postgres runs a command with one"
    name = f"python_{os.getpid()}_{next(_made)}"
    _ask(address, f"create database {name} strategy file_copy")
    atexit.register(_ask, address, f"drop database {name} with (force)")
    return {"HEARKEN_DATABASE_URL": f"{address.rpartition('/')[0]}/{name}"}


def _ask(address: str, statement: str) -> None:
    """Has psql carry out a statement."""
    psql = shutil.which("psql") or str(max(Path("/usr/lib/postgresql").glob("*/bin/psql")))
    subprocess.run([psql, "--no-psqlrc", "--quiet", "--dbname", address, "--command", statement], check=True)
