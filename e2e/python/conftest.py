"""A server for all stories, people made for each, and every socket closed at the end of its story."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness.people import Person, Socket, opened
from harness.server import Server
from harness.sign_in import Messages

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
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers for one story, with settings of its own: `serve(HEARKEN_DEV_CLOCK="1")`."""
    with ExitStack() as running:
        count = itertools.count()

        def start(**settings: str) -> Server:
            server = Server(tmp_path / f"data{next(count)}", SETTINGS | settings)
            server.start()
            running.callback(lambda: server.process is not None and server.kill())
            return server

        yield start


@pytest.fixture
def messages() -> Iterator[Messages]:
    """Where text messages arrive; its address goes into the settings of a server."""
    messages = Messages()
    yield messages
    messages.close()


@pytest.fixture
def email() -> Callable[[], str]:
    """An address that nobody else has."""
    return lambda: f"somebody{next(_phones)}@example.org"


@pytest.fixture
def phone() -> Callable[[], str]:
    """A number that nobody else has."""
    return lambda: str(next(_phones))


@pytest.fixture
def connect() -> Iterator[Callable[..., Socket]]:
    """Opens a socket at a path of a server with these headers: `connect(server, path, Cookie=…)`."""
    with ExitStack() as sockets:

        def open_(server: Server, path: str, **headers: str) -> Socket:
            socket = opened(server, path, headers)
            sockets.callback(socket.close)
            return socket

        yield open_


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
