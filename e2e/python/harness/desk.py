"""People at the desk, each with a real `python-socketio` client, and what they do and hear."""

import itertools
import json
import queue
from collections.abc import Callable
from typing import Any

import requests
import socketio

from .http import ask
from .line import Line
from .server import Server

# How long anything may take before the story fails. Nothing waits this long when all is well.
PATIENCE = 20

_organisations = itertools.count(1)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 32 and set(value) <= set("0123456789abcdef")


def is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def seconds(value: Any) -> bool:
    return is_number(value) and 10**9 < value < 10**10


def millis(value: Any) -> bool:
    return is_number(value) and 10**12 < value < 10**13


def tags(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def content(value: Any) -> bool:
    return isinstance(value, dict)


def anything(value: Any) -> bool:
    return True


def or_none(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


STAFF = {
    "email": or_none(is_text),
    "created_at": seconds,
    "full_name": is_text,
    "updated_at": or_none(seconds),
    "id": is_id,
    "display_name": or_none(is_text),
    "organisation_id": is_id,
    "disabled": is_yes_or_no,
    "role_id": is_number,
}
VISITOR = {
    "email": or_none(is_text),
    "is_anonymous": is_yes_or_no,
    "created_at": seconds,
    "updated_at": or_none(seconds),
    "name": or_none(is_text),
    "id": is_id,
    "disabled": is_yes_or_no,
}
ROOM = {
    "created_at": millis,
    "id": is_id,
    "severity_level": is_number,
    "tags": tags,
    "updated_at": millis,
    "visitor_id": is_id,
}
ROW = {
    "sender": or_none(is_id),
    "updated_at": lambda value: value is None,
    "id": is_id,
    "content": content,
    "chat_id": is_id,
    "created_at": seconds,
    "type_id": is_number,
    "sequence_num": is_number,
}

BY_VISITOR = {"user": VISITOR, "room": ROOM}
BY_STAFF = {"user": STAFF, "room": ROOM}

# The fields of what each event carries, as in the seed's samples (and `room`, which the contract adds).
PAYLOADS: dict[str, dict] = {
    "staff_init": {
        "online_users": [STAFF],
        "online_visitors": [VISITOR],
        "unclaimed_chats": [BY_VISITOR | {"contents": [content]}],
        "flagged_chats": [BY_VISITOR],
        "my_chats": [BY_VISITOR | {"contents": [ROW]}],
    },
    "visitor_init": {"chat": anything, "staff_online": is_yes_or_no},
    "append_unclaimed_chats": BY_VISITOR | {"contents": [content]},
    "visitor_unclaimed_msg": BY_VISITOR | {"content": content},
    "staff_claim_chat": BY_VISITOR | {"staff": STAFF},
    "staff_join_room": BY_STAFF,
    "agent_new_chat": BY_STAFF | {"visitor": VISITOR, "contents": [ROW]},
    "visitor_send": BY_VISITOR | {"content": content},
    "new_visitor_msg_for_supervisor": BY_VISITOR | {"content": content},
    "staff_send": BY_STAFF | {"content": content},
    "new_staff_msg_for_supervisor": BY_STAFF | {"content": content},
    "own_msg": {"room": ROOM, "content": content},
    "own_leave": {"room": ROOM},
    "chat_has_changed_priority_for_supervisor": BY_STAFF,
    "chat_note": BY_STAFF | {"content": content},
    "chat_tags": {"room": ROOM},
    "staff_being_taken_over_chat": BY_STAFF,
    "staff_take_over_chat": BY_STAFF,
    "chat_returned": {"room": ROOM},
    "visitor_leave_queue": BY_VISITOR,
    "visitor_leave": BY_VISITOR,
    "visitor_leave_chat_for_supervisor": BY_VISITOR,
    "staff_leave": BY_STAFF,
    "staff_leave_chat_for_supervisor": BY_STAFF,
    "staff_goes_online": {"user": STAFF},
    "staff_goes_offline": {"user": STAFF},
    "visitor_goes_online": {"user": VISITOR},
    "visitor_goes_offline": {"user": VISITOR},
    "user_typing_receive": {"user": anything, "room": ROOM},
    "user_stop_typing_receive": {"user": anything, "room": ROOM},
    "chat_missed": {"room": ROOM, "messages": [ROW]},
}


def looks_like(value: Any, shape: Any, where: str) -> None:
    """Compares what came with the fields it must have: the same names, no more and no fewer, and values of their kind."""
    if isinstance(shape, dict):
        assert isinstance(value, dict) and set(value) == set(shape), f"{where}: {sorted(value)}"
        for name, kind in shape.items():
            looks_like(value[name], kind, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list"
        for index, item in enumerate(value):
            looks_like(item, shape[0], f"{where}[{index}]")
    else:
        assert shape(value), f"{where} is {value!r}"


class Tab:
    """One client of somebody, and everything it has been told and has not been asked for."""

    def __init__(self, person: "Person", transports: list[str]):
        self.person = person
        self.line = Line(person.server.address)
        self.told: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.gone: queue.Queue[None] = queue.Queue()
        self.session = requests.Session()
        self.client = socketio.Client(
            http_session=self.session, reconnection_delay=0.02, reconnection_delay_max=0.1
        )
        self.client.on("*", lambda name, *args: self.told.put((name, args)))
        self.client.on("disconnect", lambda *_: self.gone.put(None))
        self.client.connect(
            f"http://{self.line.address}",
            headers={"Authorization": person.token},
            transports=transports,
            wait_timeout=PATIENCE,
        )

    def _next(self, name: str) -> tuple[str, Any]:
        try:
            heard, args = self.told.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{self.person.name} waits for {name}") from None
        assert len(args) == 1, (heard, args)
        assert heard in PAYLOADS, f"what is {heard}?"
        looks_like(args[0], PAYLOADS[heard], heard)
        return heard, args[0]

    def hear(self, name: str) -> Any:
        """The next event, which must have this name: what it carries."""
        heard, data = self._next(name)
        assert heard == name, f"{self.person.name} hears {heard} and not {name}: {data}"
        return data

    def until(self, name: str) -> Any:
        """The next event of this name, whatever comes before it."""
        while True:
            heard, data = self._next(name)
            if heard == name:
                return data

    def call(self, name: str, *args: Any) -> tuple:
        """Emits an event and returns how it is acknowledged: always with two values."""
        answer = self.client.call(name, args if len(args) != 1 else args[0], timeout=PATIENCE)
        assert isinstance(answer, tuple) and len(answer) == 2, (name, answer)
        return answer

    def does(self, name: str, *args: Any) -> None:
        """Emits an event that must be done."""
        assert self.call(name, *args) == (True, None), name

    def may_not(self, message: str, name: str, *args: Any) -> None:
        """Emits an event that must be refused in these words."""
        assert self.call(name, *args) == (False, message), name

    def lose(self) -> None:
        """The line breaks without a goodbye; the library tries to come back until it is mended."""
        self.line.cut()
        self.gone.get(timeout=PATIENCE)

    def back(self) -> Any:
        """The line is mended, and the library is back: what it is told first."""
        while not self.told.empty():
            self.told.get()
        self.line.mend()
        return self.hear(self.person.first)

    def leave(self) -> None:
        """Says goodbye. Over polling the library keeps it to itself while an earlier POST is still to be answered."""
        self.client.eio.queue.join()
        self.client.disconnect()

    def close(self) -> None:
        """Goes, however it is."""
        self.client.disconnect()
        self.session.close()
        self.line.close()


class Person:
    """Somebody with an account."""

    def __init__(self, server: Server, name: str, role: str, account: str, track: Callable[[Tab], None]):
        self.server, self.name, self.role, self.track = server, name, role, track
        self.id = account.replace("-", "")
        self.token = server.token(account)
        # The first thing on the wire.
        self.first = "visitor_init" if role == "visitor" else "staff_init"

    def tab(self, *transports: str) -> tuple[Tab, Any]:
        """Another tab, with what it is told first."""
        tab = Tab(self, list(transports))
        self.track(tab)
        return tab, tab.hear(self.first)

    def get(self, path: str) -> Any:
        """What is answered over HTTP."""
        answer = ask(self.server.address, "GET", path, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json["data"]


def gather(server: Server, track: Callable[[Tab], None], **cast: str) -> list[Person]:
    """Makes people of an organisation of their own, by their names and roles."""
    named = f"desk {next(_organisations)} of {server.data.name}"
    organisation = json.loads(server.command("organisation", "add", named))["id"]
    people = []
    for name, role in cast.items():
        who = ["--role", role, "--name", name, "--organisation", organisation]
        account = json.loads(server.command("account", "add", *who))["id"]
        people.append(Person(server, name, role, account, track))
    return people
