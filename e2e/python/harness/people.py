"""People, their devices, and the sockets these open: a blocking client of the `websockets` library."""

import json
from collections import deque
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from .frames import ERROR_FIELDS, NOTHING, SERVER_TIME, frame
from .server import Server

# How long a frame may take before the story fails. Nothing waits this long when all is well.
PATIENCE = 10


class Socket:
    """One open WebSocket, in frames."""

    def __init__(self, connection: ClientConnection):
        self.connection = connection
        # Frames that came between the frames of a fetch.
        self.aside: deque[dict] = deque()
        # News of groups and chats: they may come at any time and are looked at by name.
        self.updates: list[dict] = []

    def send(self, sent: dict) -> dict:
        """Sends a frame, and returns it for what is expected of it."""
        self.connection.send(json.dumps(sent))
        return sent

    def send_raw(self, data: str | bytes) -> None:
        """Sends what is not a frame."""
        self.connection.send(data)

    def receive(self) -> dict:
        """The next frame that is not an `update`."""
        return self.aside.popleft() if self.aside else self._next()

    def _next(self) -> dict:
        while True:
            text = self.connection.recv(timeout=PATIENCE)
            assert isinstance(text, str), f"a binary frame: {text!r}"
            received = json.loads(text)
            if received.get("command") != "update":
                return received
            self.updates.append(received)

    def expect(self, expected: dict) -> None:
        """The next frame is this one, field by field."""
        received = self.receive()
        assert received == expected

    def expect_sent(self, said: dict) -> None:
        """The next frame is the answer that `said` is saved."""
        received = self.receive()
        assert SERVER_TIME.fullmatch(received.get("sent_timestamp", "")), received
        expected = said | {"command": "msg_sent", "message": said["sent_timestamp"]}
        assert received == expected | {"sent_timestamp": received["sent_timestamp"]}

    def say(self, said: dict) -> dict:
        """Sends a message and waits until it is saved."""
        self.send(said)
        self.expect_sent(said)
        return said

    def expect_error(self, kind: str, sender: str, to: str) -> str:
        """The next frame is an error of that type, about these two; returns its text."""
        received = self.receive()
        assert set(received) == ERROR_FIELDS, received
        about = {name: received[name] for name in ("command", "type", "msg_from", "msg_to")}
        assert about == {"command": "error", "type": kind, "msg_from": sender, "msg_to": to}, received
        assert SERVER_TIME.fullmatch(received["sent_timestamp"]), received
        assert isinstance(received["message"], str) and received["message"], received
        return received["message"]

    def fetch(self, phone: str, command: str = "fetch_msgs") -> list[list[dict]]:
        """Everything that waits: the entries of each frame of the answer. What else comes is kept for `receive`."""
        self.send(frame(command, phone, phone))
        frames = []
        while True:
            received = self._next()
            if received["command"] != command:
                self.aside.append(received)
                continue
            assert set(received) == {"command", "all", "messages"}, received
            assert received["all"] in ("True", "False"), received["all"]
            frames.append(received["messages"])
            if received["all"] == "True":
                return frames

    def closed(self) -> int:
        """Waits for the server to close, and returns its code; frames before it are kept for `receive`."""
        while True:
            try:
                self.aside.append(self._next())
            except ConnectionClosed as end:
                assert end.rcvd is not None, "the line broke without a close frame"
                return end.rcvd.code

    def close(self) -> None:
        """Leaves."""
        self.connection.close()


def opened(server: Server, path: str, headers: dict[str, str]) -> Socket:
    """A socket at `path` of a server, straight to it whatever proxy the machine has."""
    url = f"ws://{server.address}{path}"
    # `legacy`: the plain call that returns a connection, not the one that reconnects by itself.
    return Socket(connect(url, additional_headers=headers, proxy=None, legacy=True))


class Device:
    """One sign-in of a person: a token of its own, a receive socket, and send sockets."""

    def __init__(self, person: "Person", token: str):
        self.person = person
        self.token = token
        self._inbox: Socket | None = None

    @property
    def inbox(self) -> Socket:
        """The receive socket, open from its first use on."""
        if self._inbox is None:
            self._inbox = self.open(f"/ws/chat/special/{self.person.phone}/")
        return self._inbox

    def chat(self, other: "Person") -> Socket:
        """A new send socket to another person."""
        return self.open(f"/ws/chat/personal/{self.person.phone}/{other.phone}/")

    def open(self, path: str) -> Socket:
        """A socket at `path` with this device's token."""
        return self.person.open(path, {"Authorization": f"Bearer {self.token}"})

    def fetch(self) -> list[dict]:
        """All entries that wait for this person, however many frames they take."""
        return [listed for frame_ in self.inbox.fetch(self.person.phone) for listed in frame_]


class Person:
    """Somebody with an account and a phone number."""

    def __init__(self, server: Server, name: str, phone: str, track: Callable[[Socket], None]):
        self.server = server
        self.phone = phone
        self.account = server.add_account(phone, name)
        self._track = track

    def device(self) -> Device:
        """A further sign-in, whose receive socket is open."""
        device = self.away()
        assert device.inbox
        return device

    def devices(self, count: int) -> list[Device]:
        """That many further sign-ins, all connected."""
        return [self.device() for _ in range(count)]

    def away(self) -> Device:
        """A further sign-in that is not connected yet."""
        return Device(self, self.server.token(self.account))

    def open(self, path: str, headers: dict[str, str]) -> Socket:
        """A socket at `path` of the server."""
        socket = opened(self.server, path, headers)
        self._track(socket)
        return socket

    def says(self, other: "Person", message: str, when: str) -> dict:
        """The frame of a new message."""
        return frame("new_msg", self.phone, other.phone, message, when)

    def tells(self, other: "Person", command: str, message: str = NOTHING, *, when: str) -> dict:
        """The frame of another command of a personal chat."""
        return frame(command, self.phone, other.phone, message, when)


