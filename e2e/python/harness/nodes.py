"""Two nodes on one PostgreSQL and one NATS in place of a single server: whoever connects comes to the other node than
whoever connected before, as behind a load balancer without sticky sessions."""

import atexit
import socket
import subprocess
import time
from functools import cache
from pathlib import Path

from .server import START_TIMEOUT, Node


@cache
def bus() -> str:
    """The address of a NATS that ends with this run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nats = subprocess.Popen(
        ["nats-server", "--addr", "127.0.0.1", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(nats.kill)
    until = time.monotonic() + START_TIMEOUT
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return f"nats://127.0.0.1:{port}"
        except OSError:
            assert nats.poll() is None, "nats-server has ended"
            time.sleep(0.02)
    raise AssertionError(f"no nats-server in {START_TIMEOUT} s")


class Nodes(Node):
    """What a story takes for one server."""

    def __init__(self, data: Path, settings: dict[str, str] | None = None):
        super().__init__(data, (settings or {}) | {"HEARKEN_BUS_URL": bus()})
        self.second = Node(data.with_name(f"{data.name}-second"), like=self)
        self.turn = False

    @property
    def address(self) -> str:
        """Where the next one connects."""
        self.turn = not self.turn
        return self._address if self.turn else self.second.address

    @address.setter
    def address(self, address: str) -> None:
        self._address = address

    def start(self) -> None:
        super().start()
        self.second.start()

    def stop(self) -> int:
        return super().stop() or self.second.stop()

    def kill(self) -> None:
        super().kill()
        if self.second.process is not None:
            self.second.kill()

    def log(self) -> str:
        return f"{super().log()}\n== the second node\n{self.second.log()}"
