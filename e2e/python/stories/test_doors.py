"""Who is let in at which socket, and who is shown out again."""

import pytest
from harness.frames import at
from websockets.exceptions import InvalidStatus


def status(person, path: str, headers: dict[str, str]) -> int:
    """The HTTP status of a refused upgrade."""
    with pytest.raises(InvalidStatus) as refusal:
        person.open(path, headers)
    return refusal.value.response.status_code


def test_nobody_without_a_token(people):
    ana, ben = people("Ana", "Ben")
    for path in (f"/ws/chat/special/{ana.phone}/", f"/ws/chat/personal/{ana.phone}/{ben.phone}/"):
        assert status(ana, path, {}) == 401
        assert status(ana, path, {"Authorization": "Bearer nonsense"}) == 401
        assert status(ana, path, {"Authorization": "Bearer "}) == 401


def test_nobody_at_another_s_socket(people):
    ana, ben = people("Ana", "Ben")
    mine = {"Authorization": f"Bearer {ana.away().token}"}
    assert status(ana, f"/ws/chat/special/{ben.phone}/", mine) == 403
    assert status(ana, f"/ws/chat/personal/{ben.phone}/{ana.phone}/", mine) == 403


def test_nobody_to_nowhere_or_to_oneself(people):
    [ana] = people("Ana")
    mine = {"Authorization": f"Bearer {ana.away().token}"}
    assert status(ana, f"/ws/chat/personal/{ana.phone}/1234567890/", mine) == 404
    assert status(ana, f"/ws/chat/personal/{ana.phone}/{ana.phone}/", mine) == 403
    assert status(ana, f"/ws/chat/group/{ana.phone}/nosuchgrp1/", mine) == 404


def test_the_last_slash_is_optional_and_the_token_may_be_in_the_address(people):
    ana, ben = people("Ana", "Ben")
    device = ana.away()
    path = f"/ws/chat/personal/{ana.phone}/{ben.phone}"

    device.open(path).say(ana.says(ben, "without the slash", at(0)))
    ana.open(f"{path}/?access_token={device.token}", {}).say(ana.says(ben, "with a query", at(1)))
    ana.open(f"{path}?access_token={device.token}", {}).say(ana.says(ben, "with both", at(2)))
    inbox = ben.open(f"/ws/chat/special/{ben.phone}?access_token={ben.away().token}", {})

    [listed] = inbox.fetch(ben.phone)
    assert [entry["message"] for entry in listed] == ["without the slash", "with a query", "with both"]


def test_whoever_is_disabled_is_shown_out_and_let_in_again_when_enabled(people):
    ana, ben = people("Ana", "Ben")
    device = ana.device()
    chat = device.chat(ben)

    ana.server.command("account", "disable", ana.account)
    for socket in (device.inbox, chat):
        assert socket.closed() == 4401
        error = socket.receive()
        assert (error["command"], error["type"]) == ("error", "authentication")
    assert status(ana, f"/ws/chat/special/{ana.phone}/", {"Authorization": f"Bearer {device.token}"}) == 401

    ana.server.command("account", "enable", ana.account)
    ana.device().chat(ben).say(ana.says(ben, "back again", at(0)))


def test_a_socket_ends_with_the_token_of_the_command_line(people):
    ana, ben = people("Ana", "Ben")
    brief = ana.server.token(ana.account, "--ttl", "3s")
    inbox = ana.open(f"/ws/chat/special/{ana.phone}/", {"Authorization": f"Bearer {brief}"})
    other = ana.device()

    assert inbox.closed() == 4401
    # Another sign-in of the same person stays.
    other.chat(ben).say(ana.says(ben, "still here", at(0)))
