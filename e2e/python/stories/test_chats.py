"""Chats as their clients keep them: made, shown, changed and deleted over HTTP, and everybody told once of it."""

import pytest
from harness.frames import at, fetched_at
from harness.people import Device
from harness.rooms import request

PERSONAL = "/chat/special/personal"
GROUP = "/chat/special/group"


def pair(device: Device, other) -> dict:
    return {"msg_from": device.person.phone, "msg_to": other.phone}


def told(device: Device, command: str = "fetch_msgs") -> list[dict]:
    """What this device has been told of changes, after a fetch that has nothing to list."""
    before = len(device.inbox.updates)
    assert device.inbox.fetch(device.person.phone, command) == [[]]
    return device.inbox.updates[before:]


def dialogue(sender, receiver, received=None, seen=None) -> dict:
    return {
        "sender": sender.phone,
        "receiver": receiver.phone,
        "last_received_receiver": received,
        "last_seen_receiver": seen,
    }


@pytest.mark.parametrize("command", ["fetch_msgs", "fetch_grp_msgs", "fetch_room_msgs"])
def test_who_is_away_is_told_before_his_next_fetch_of_any_kind_and_once(own_server, gather, command):
    ana, ben, cid = gather(own_server, "Ana", "Ben", "Cid")
    admin, tablet, bens, away = ana.device(), ana.device(), ben.device(), cid.away()

    body = {"name": "Walkers", "bio": "", "participants": [ben.phone, cid.phone]}
    status, made = request(admin, "POST", GROUP, body)
    assert status == 201
    key = made["group"]["key"]
    change = {"command": "rename", "key": key, "msg_from": ana.phone, "name": "Runners"}
    assert request(admin, "PUT", GROUP, change)[0] == 200

    def expected(person, words: list[str]) -> list[dict]:
        inner = [{"type": "group", "command": word, "msg_from": ana.phone, "msg_to": key} for word in words]
        return [{"message": message, "command": "update", "msg_from": key, "msg_to": person.phone} for message in inner]

    def without_times(updates: list[dict]) -> list[dict]:
        return [{name: value for name, value in update.items() if name != "sent_timestamp"} for update in updates]

    # Told live, on every device but the one that did it; and not once more by a fetch.
    for device in (tablet, bens):
        told(device)
        assert without_times(device.inbox.updates) == expected(device.person, ["create", "rename"])
        assert told(device) == []
    assert told(admin) == [] and admin.inbox.updates == []

    # What is kept outlives the server.
    own_server.kill()
    own_server.start()
    assert without_times(told(away, command)) == expected(cid, ["create", "rename"])
    assert told(away) == []
    assert told(cid.away()) == []


def test_a_chat_is_made_shown_and_deleted_with_its_messages(people):
    ana, ben = people("Ana", "Ben")
    phone, bens = ana.device(), ben.device()

    status, made = request(phone, "POST", PERSONAL, pair(phone, ben))
    assert (status, made["info"]) == (201, "created")
    assert request(bens, "POST", PERSONAL, pair(bens, ana))[1]["info"] == "returned"
    chat, back = phone.chat(ben), bens.chat(ana)
    bens.inbox.expect(chat.say(ana.says(ben, "hello", at(0))))
    phone.inbox.expect(back.send(ben.tells(ana, "msg_received", at(0), when=at(1))))
    phone.inbox.expect(back.send(ben.tells(ana, "msg_read", at(0), when=at(2))))
    bens.inbox.expect(chat.say(ana.says(ben, "never received", at(3))))

    marked = dialogue(ben, ana, fetched_at(1), fetched_at(2))
    shown = request(phone, "PATCH", "/chat/info/personal", {"msg_from": ben.phone, "msg_to": ana.phone})
    assert shown == (200, marked | {"info": "success"})
    status, first = request(phone, "POST", "/chat/special", {"msg_from": ana.phone})
    assert (status, first["info"], first["data"]["group"], first["data"]["room"]) == (200, "success", [], None)
    assert first["data"]["personal"] == [dialogue(ana, ben), marked]

    assert request(bens, "DELETE", PERSONAL, pair(bens, ana)) == (200, {"info": "deleted"})
    assert ben.away().fetch() == []
    assert [update["message"]["command"] for update in told(phone)] == ["delete"]
    assert request(phone, "POST", "/chat/special", {"msg_from": ana.phone})[1]["data"]["personal"] == []
    # The next message makes it again, without the marks of before.
    bens.inbox.expect(chat.say(ana.says(ben, "again", at(4))))
    assert request(phone, "POST", PERSONAL, pair(phone, ben))[1]["personal"] == [dialogue(ana, ben), dialogue(ben, ana)]


def test_who_is_there(people):
    ana, ben = people("Ana", "Ben")
    asks = ben.away()

    def seen() -> dict:
        status, answer = request(asks, "PATCH", "/chat/info", {"user_num": ana.phone})
        assert (status, answer["user_num"], answer["info"]) == (200, ana.phone, "success")
        return answer

    assert (seen()["active"], seen()["last_active"]) == (False, None)
    device = ana.device()
    # An answer on the socket says that it is open on the server's side too.
    device.fetch()
    assert seen()["active"] is True
    away = {"user_num": ana.phone, "active": False}
    assert request(device, "PUT", "/chat/info/active", away)[1]["active"] is False
    since = seen()
    assert since["active"] is False and since["last_active"].endswith("Z")
    again = ana.device()
    again.fetch()
    assert seen()["active"] is True


def test_a_message_that_nobody_receives_goes_in_time(serve, gather):
    server = serve(HEARKEN_DEV_CLOCK="1", HEARKEN_MESSENGER__UNDELIVERED_TTL="30d")
    ana, ben = gather(server, "Ana", "Ben")
    phone, tablet, bens = ana.device(), ana.away(), ben.away()
    chat = phone.chat(ben)
    said = chat.say(ana.says(ben, "in vain", at(0)))
    server.move_clock("29d")
    kept = chat.say(ana.says(ben, "in time", at(1)))
    assert len(bens.fetch()) == 2

    server.move_clock("1d")
    expired = phone.inbox.receive()
    assert expired | {"sent_timestamp": ""} == {
        "message": said["sent_timestamp"],
        "command": "msg_expired",
        "msg_from": ben.phone,
        "msg_to": ana.phone,
        "sent_timestamp": "",
    }
    assert [entry["message"] for entry in bens.fetch()] == [kept["message"]]
    bens.chat(ana).send(ben.tells(ana, "msg_received", at(1), when=at(2)))
    assert phone.inbox.receive()["command"] == "msg_received"
    server.move_clock("30d")
    # Told once, and of nothing that was received.
    assert tablet.fetch() == [] and phone.fetch() == []
    assert not phone.inbox.aside
