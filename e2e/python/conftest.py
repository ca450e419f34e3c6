"""A server for all stories, people made for each, and every socket closed at the end of its story."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness.people import Person
from harness.server import Server

# Some stories send far faster than a person types; the rate limit has tests of its own beside the server's code.
SETTINGS = {"HEARKEN_MESSENGER__RATE": "10000"}

_phones = itertools.count(9_000_000_001)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs for all stories that do not stop it; at the end it must stop cleanly."""
    server = Server(tmp_path_factory.mktemp("data"), SETTINGS)
    server.start()
    yield server
    assert server.process.poll() is None, f"the server is gone\n{server.log()}"
    status = server.stop()
    assert status == 0, f"exit status {status}\n{server.log()}"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for one story, which may stop it and start it again."""
    server = Server(tmp_path / "data", SETTINGS)
    server.start()
    yield server
    if server.process is not None:
        server.kill()


@pytest.fixture
def gather() -> Iterator[Callable[..., list[Person]]]:
    """Makes people on a given server: nobody shares a number with another story."""
    with ExitStack() as sockets:

        def make(server: Server, *names: str) -> list[Person]:
            def track(socket) -> None:
                sockets.callback(socket.close)

            return [Person(server, name, str(next(_phones)), track) for name in names]

        yield make


@pytest.fixture
def people(server: Server, gather) -> Callable[..., list[Person]]:
    """Makes people on the common server: `ana, ben = people("Ana", "Ben")`."""
    return lambda *names: gather(server, *names)
