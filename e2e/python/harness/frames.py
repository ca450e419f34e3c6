"""The messenger's frames as its documentation shows them, and the times in them."""

import re
from datetime import UTC, datetime, timedelta

FIELDS = {"message", "command", "msg_from", "msg_to", "sent_timestamp"}
ERROR_FIELDS = FIELDS | {"type"}

# A time that the server itself made.
SERVER_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")

# What a client sends as the message of a command that has none.
NOTHING = "--null--"

_EPOCH = datetime(2020, 11, 21, 16, 32, 17, tzinfo=UTC)


def at(number: int) -> str:
    """The `number`-th of a row of times, in the form that browsers' clients send."""
    return _time(number).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def fetched_at(number: int) -> str:
    """The same time as a fetch tells it."""
    return _time(number).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(number: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=356 + 10 * number)


def frame(command: str, sender: str, to: str, message: str = NOTHING, when: str = at(0)) -> dict:
    """A frame with its five fields."""
    return {"message": message, "command": command, "msg_from": sender, "msg_to": to, "sent_timestamp": when}


def without_message(typing: dict) -> dict:
    """A typing frame as it arrives."""
    return {name: value for name, value in typing.items() if name != "message"}


def entry(said: dict, when: str) -> dict:
    """A message as a fetch lists it: the same fields, with the time in the form of a fetch."""
    return said | {"sent_timestamp": when}
