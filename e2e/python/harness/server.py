"""A built `hearken` in a process of its own, on a free port and a throw-away data folder."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
from collections import deque
from pathlib import Path

from .database import database_of
from .http import ask

# How long a start and a clean stop may take before the story fails; both are far quicker on a quiet machine.
START_TIMEOUT = 20
STOP_TIMEOUT = 20
COMMAND_TIMEOUT = 20

ROOT = Path(__file__).resolve().parents[3]


def binary() -> str:
    """The server to drive: HEARKEN_BIN, else the debug build."""
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "hearken"
    return os.path.abspath(os.environ.get("HEARKEN_BIN", built))


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The caller's environment without any setting of Hearken in it, and `settings` by their environment names.

    The stories are about the settings they name, whatever the machine they run on has set.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEARKEN_")}
    return inherited | settings


class Node:
    """One data folder and the process that serves it, which may be stopped and started again."""

    def __init__(self, data: Path, settings: dict[str, str] | None = None, like: "Node | None" = None):
        self.data = data
        # As another node is set, on the same store; else on one of its own.
        self.environment = like.environment if like else environment(database_of(data) | (settings or {}))
        # The last lines of what the process said, for the report of a failure.
        self.said: deque[str] = deque(maxlen=10_000)
        self.heard = threading.Condition()
        self.listeners: list[threading.Thread] = []
        self.process: subprocess.Popen | None = None
        self.address = ""

    def start(self) -> None:
        """Starts the process and waits for the line that names its address."""
        self.process = subprocess.Popen(
            [binary(), "serve", "--listen", "127.0.0.1:0", "--data", str(self.data)],
            env=self.environment,
            # Not in the caller's folder, which may hold a hearken.toml.
            cwd=self.data.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        first: queue.Queue[str] = queue.Queue()
        pipes = ((self.process.stdout, first), (self.process.stderr, None))
        self.listeners = [threading.Thread(target=self._listen, args=pipe, daemon=True) for pipe in pipes]
        for listener in self.listeners:
            listener.start()
        try:
            line = first.get(timeout=START_TIMEOUT)
        except queue.Empty:
            self.kill()
            raise AssertionError(f"no first line in {START_TIMEOUT} s\n{self.log()}") from None
        prefix = "listening on http://"
        assert line.startswith(prefix), f"the first line is {line!r}\n{self.log()}"
        self.address = line.removeprefix(prefix)

    def _listen(self, stream, first: queue.Queue | None) -> None:
        """Keeps a pipe from filling up; the line it opens with (empty when there is none) goes to `first`."""
        with stream:
            if first is not None:
                line = stream.readline()
                self._keep(line)
                first.put(line.rstrip("\n"))
            for line in stream:
                self._keep(line)

    def _keep(self, line: str) -> None:
        with self.heard:
            self.said.append(line)
            self.heard.notify_all()

    def stop(self) -> int:
        """Asks the server to end, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._gone()

    def kill(self) -> None:
        """Ends the server without asking: nothing of it runs another instruction."""
        self.process.kill()
        self._gone()

    def _gone(self) -> int:
        process, self.process = self.process, None
        try:
            status = process.wait(timeout=STOP_TIMEOUT)
            for listener in self.listeners:
                listener.join(timeout=STOP_TIMEOUT)
            return status
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"still there {STOP_TIMEOUT} s after SIGTERM\n{self.log()}") from None

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess:
        """Runs a command of the same binary on the same data folder; the server may be running or not."""
        return subprocess.run(
            [binary(), *arguments, "--data", str(self.data)],
            env=self.environment,
            cwd=self.data.parent,
            input=given,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT,
        )

    def command(self, *arguments: str, given: str = "") -> str:
        """What such a command prints, with `given` on its standard input; it must succeed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, f"hearken {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def add_account(self, phone: str, name: str) -> str:
        """Makes a participant and returns the account's id."""
        printed = self.command("account", "add", "--role", "participant", "--phone", phone, "--name", name)
        return json.loads(printed)["id"]

    def token(self, account: str, *options: str) -> str:
        """A fresh access token: a sign-in of its own."""
        return self.command("token", account, *options).strip()

    def move_clock(self, by: str) -> None:
        """Moves the server's clock forward, where the settings allow it."""
        self._clock({"advance": by})

    def set_clock(self, to: str) -> None:
        """Puts the server's clock there."""
        self._clock({"set": to})

    def _clock(self, move: dict[str, str]) -> None:
        answer = ask(self.address, "POST", "/dev/clock", move)
        assert answer.status == 200 and set(answer.json) == {"now"}, (answer.status, answer.body)

    def wait_for(self, pattern: str) -> re.Match:
        """The first line of what the server has said, or says soon, that has this in it."""
        with self.heard:
            found = None

            def there() -> bool:
                nonlocal found
                found = next((hit for hit in map(re.compile(pattern).search, self.said) if hit), None)
                return found is not None

            assert self.heard.wait_for(there, START_TIMEOUT), f"nothing says {pattern!r}\n{self.log()}"
            return found

    def log(self) -> str:
        """The last lines the server printed."""
        return "".join(self.said)


def Server(data: Path, settings: dict[str, str] | None = None) -> Node:
    """One server; or two nodes that look like one where HEARKEN_TEST_NODES says so. A clock that is moved is one node's."""
    if os.environ.get("HEARKEN_TEST_NODES") != "2" or "HEARKEN_DEV_CLOCK" in (settings or {}):
        return Node(data, settings)
    from .nodes import Nodes

    return Nodes(data, settings)
