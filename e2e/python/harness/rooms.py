"""Rooms as their clients see them: requests over HTTP, and frames whose other end is `room`."""

import http.client
import json

from .frames import frame
from .people import PATIENCE, Device, Person, Socket

ROOM = "room"
PATH = "/chat/special/room"
INFO = "/chat/info/room"


def ask(device: Device, method: str, path: str = PATH, **fields: str) -> tuple[int, dict]:
    """What this device is answered, as a status and a JSON object; `msg_from` is its person's own number."""
    return request(device, method, path, {"msg_from": device.person.phone, **fields})


def request(device: Device, method: str, path: str, body: dict) -> tuple[int, dict]:
    """The same with a body of one's own."""
    connection = http.client.HTTPConnection(device.person.server.address, timeout=PATIENCE)
    try:
        headers = {"Authorization": f"Bearer {device.token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def room_chat(device: Device) -> Socket:
    """A new send socket to the room that this person is in."""
    return device.open(f"/ws/chat/room/{device.person.phone}/")


def says(person: Person, message: str, when: str) -> dict:
    """A message to whoever is in the room."""
    return frame("new_msg", person.phone, ROOM, message, when)


def tells(person: Person, command: str, message: str, when: str) -> dict:
    """Another command of a room."""
    return frame(command, person.phone, ROOM, message, when)


def heard(said: dict) -> dict:
    """The same frame as the other hears it."""
    return said | {"msg_from": ROOM}


def fetched(device: Device) -> list[dict]:
    """Everything that waits for this person from rooms."""
    frames = device.inbox.fetch(device.person.phone, "fetch_room_msgs")
    return [entry for messages in frames for entry in messages]


def news(device: Device) -> list[str]:
    """What this device has been told of rooms so far, which names nobody."""
    fetched(device)
    for update in device.inbox.updates:
        assert update["message"]["msg_from"] == ROOM and update["msg_from"] == ROOM, update
        assert update["message"]["msg_to"] == device.person.phone == update["msg_to"], update
    return [update["message"]["command"] for update in device.inbox.updates if update["message"]["type"] == ROOM]
