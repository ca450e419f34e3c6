"""Every request that the API reference describes, and many it does not, by Schemathesis: no answer is a 5xx, none is one that
is not described, and every body has the form that is described. Once for each role, and once for nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness.server import Server
from harness.sign_in import add

ROLES = (
    "admin",
    "supervisor",
    "agent",
    "psychologist",
    "client",
    "student",
    "employee",
    "therapist",
    "participant",
    "visitor",
)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
LONG = os.environ.get("HEARKEN_SOAK") == "1"
# Requests of each kind to each path.
MANY, FEW = (300, 150) if LONG else (20, 4)
# What is tried besides random requests is the same for all roles: at short measure, only by who may do most, and by nobody.
QUICK = () if LONG else ("--phases=examples,fuzzing",)
SEED = "20260105"
LEAVES = "/api/v1/auth/logout"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    """A server that must still be there, and sound, when everything was asked of it."""
    server = Server(tmp_path_factory.mktemp("reference") / "data", {"HEARKEN_LOG": "warn"})
    server.start()
    yield server
    assert server.process.poll() is None, f"the server is gone\n{server.log()}"
    assert "panicked" not in server.log(), server.log()
    assert server.stop() == 0, server.log()
    assert "sound" in server.command("check")


def play(server: Server, tmp_path: Path, token: str | None, examples: int, *options: str) -> None:
    """Lets the client play; it says itself what is wrong and how to repeat it."""
    headers = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"http://{server.address}/openapi.json",
            *headers,
            f"--checks={','.join(CHECKS)}",
            f"--max-examples={examples}",
            f"--seed={SEED}",
            "--generation-database=none",
            "--suppress-health-check=all",
            "--continue-on-failure",
            "--request-timeout=20",
            "--warnings=off",
            "--no-color",
            *options,
        ],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        capture_output=True,
        text=True,
        timeout=3600 if LONG else 300,
    )
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("role", [*ROLES, None])
def test_every_answer_is_as_described(server: Server, tmp_path: Path, role: str | None):
    token = None
    if role is not None:
        account = add(server, "--phone", f"70000000{ROLES.index(role):02}", role=role)
        token = server.token(account["id"])
    # Whoever leaves has nothing more to ask with: that path has its turn at the end.
    most, phases = (MANY, ()) if role == "admin" else (FEW, QUICK if role else ())
    play(server, tmp_path, token, most, f"--exclude-path={LEAVES}", *phases)
    if role in ("admin", None) or LONG:
        play(server, tmp_path, token, FEW, f"--include-path={LEAVES}")
