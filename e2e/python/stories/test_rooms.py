"""Rooms: two meet without knowing each other, talk, and agree to know each other or do not."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.frames import at, fetched_at, frame
from harness.rooms import INFO, ask, fetched, heard, news, request, room_chat, says, tells
from harness.server import Server
from websockets.exceptions import InvalidStatus


def test_two_are_matched_talk_and_agree_to_know_each_other(people):
    ana, ben = people("Ana", "Ben")
    phone, tablet = ana.devices(2)
    bens = ben.device()

    assert ask(phone, "POST") == (202, {"info": "waiting"})
    status, opened = ask(bens, "POST")
    assert (status, opened["info"]) == (201, "created")
    assert news(phone) == ["create"]

    chat, back = room_chat(phone), room_chat(bens)
    said = chat.say(says(ana, "who are you?", at(0)))
    bens.inbox.expect(heard(said))
    tablet.inbox.expect(said)
    receipt = back.send(tells(ben, "msg_received", at(0), at(1)))
    phone.inbox.expect(heard(receipt))
    tablet.inbox.expect(heard(receipt))
    tablet.inbox.expect(chat.say(says(ana, "waits for an answer", at(2))))

    status, graded = ask(phone, "DELETE", response="1")
    assert (status, graded["info"], graded["room"]["response"]) == (200, "graded", "1")
    assert ask(bens, "PATCH", INFO)[1]["room"]["response"] is None
    status, replaced = ask(bens, "DELETE", response="1")
    assert (status, replaced) == (200, {"room": None, "info": "replaced"})
    assert news(phone) == ["create", "replace"]
    assert news(bens) == ["grade"]

    # What waited now waits as what it is: a message from Ana, received in the chat with her.
    assert fetched(bens) == []
    waiting = frame("new_msg", ana.phone, ben.phone, "waits for an answer", fetched_at(2))
    assert bens.fetch() == [waiting]
    bens.chat(ana).send(ben.tells(ana, "msg_received", at(2), when=at(3)))
    tablet.inbox.expect(ben.tells(ana, "msg_received", at(2), when=at(3)))
    assert bens.fetch() == []


def test_nobody_learns_who_the_other_is(people):
    ana, ben = people("Ana", "Ben")
    one, other = ana.device(), ben.device()
    answers = [ask(one, "POST"), ask(other, "POST")]
    chats = [room_chat(one), room_chat(other)]
    for person, chat in ((ana, chats[0]), (ben, chats[1])):
        chat.say(says(person, "hello", at(0)))
    for person, chat in ((ana, chats[0]), (ben, chats[1])):
        chat.send(tells(person, "msg_received", at(0), at(1)))
        chat.send(tells(person, "msg_read", at(0), at(2)))
        chat.say(says(person, "never received", at(3)))

    for device, answer in ((one, answers[0]), (other, answers[1])):
        stranger = ben.phone if device is one else ana.phone
        told = [device.inbox.receive() for _ in range(4)]
        told += [answer, ask(device, "PATCH", INFO), fetched(device), device.inbox.updates, device.fetch()]
        told += [ask(device, "DELETE", response="0"), news(device), fetched(device)]
        assert stranger not in json.dumps(told)
        assert "never received" in json.dumps(told)


def test_nobody_is_in_two_rooms(people):
    ana, ben, cid = people("Ana", "Ben", "Cid")
    one, two, three = ana.away(), ben.away(), cid.away()

    assert ask(one, "POST", msg_to=ben.phone)[0] == 201
    for device, to in ((one, cid), (two, cid), (three, ana), (three, ben)):
        assert ask(device, "POST", msg_to=to.phone)[0] == 400
    assert ask(one, "POST")[0] == 400
    assert ask(one, "POST", msg_to=ana.phone)[0] == 400
    assert ask(three, "POST", msg_to="9111111111") == (404, {"detail": "Not found."})
    assert request(three, "POST", "/chat/special/room", {"msg_from": ana.phone})[0] == 403


def test_one_no_ends_it_and_its_sockets_say_so(people):
    ana, ben = people("Ana", "Ben")
    one, other = ana.device(), ben.device()
    ask(one, "POST", msg_to=ben.phone)
    chat = room_chat(one)
    chat.say(says(ana, "last words", at(0)))

    assert ask(other, "DELETE", response="0") == (200, {"room": None, "info": "deleted"})

    late = chat.send(says(ana, "too late", at(1)))
    assert "over" in chat.expect_error("new_msg", ana.phone, "room")
    assert late["message"] not in json.dumps(fetched(other))
    with pytest.raises(InvalidStatus) as refused:
        room_chat(one)
    assert refused.value.response.status_code == 404
    assert ask(one, "PATCH", INFO)[0] == 404
    assert ask(one, "POST", msg_to=ben.phone)[0] == 201


def test_a_pair_that_one_has_parted_never_meets_again(people):
    ana, ben = people("Ana", "Ben")
    one, other = ana.away(), ben.away()
    ask(one, "POST", msg_to=ben.phone)

    assert ask(other, "PUT") == (200, {"room": None, "info": "deactivated"})

    assert ask(one, "POST", msg_to=ben.phone) == (400, {"info": "error"})
    assert ask(other, "POST", msg_to=ana.phone) == (400, {"info": "error"})
    # Nor by chance: both wait beside each other, until a third comes for either.
    assert ask(one, "POST")[0] == ask(other, "POST")[0] == 202
    for device in (one, other):
        assert ask(device, "DELETE") == (200, {"room": None, "info": "stopped"})


def test_many_ask_at_once_and_each_meets_one(own_server, gather):
    devices = [person.away() for person in gather(own_server, *[f"P{n}" for n in range(20)])]

    with ThreadPoolExecutor(len(devices)) as pool:
        statuses = list(pool.map(lambda device: ask(device, "POST")[0], devices))

    assert set(statuses) <= {201, 202}
    assert all(ask(device, "PATCH", INFO)[0] == 200 for device in devices)
    # Each room has two: what each says is heard by one other, who hears nothing else.
    for number, device in enumerate(devices):
        room_chat(device).say(says(device.person, f"from {number}", at(number)))
    texts = [[entry["message"] for entry in fetched(device)] for device in devices]
    assert sorted(texts) == sorted([f"from {number}"] for number in range(len(devices)))


def test_a_room_ends_by_itself_and_survives_a_kill(tmp_path, gather):
    server = Server(tmp_path / "data", {"HEARKEN_DEV_CLOCK": "1", "HEARKEN_MESSENGER__ROOM_TTL": "2h"})
    server.start()
    try:
        ana, ben = gather(server, "Ana", "Ben")
        one, other = ana.away(), ben.away()
        ask(one, "POST", msg_to=ben.phone)
        chat = room_chat(one)
        chat.say(says(ana, "before the fall", at(0)))
        server.kill()
        server.start()
        assert ask(other, "PATCH", INFO)[0] == 200
        assert [entry["message"] for entry in fetched(other)] == ["before the fall"]

        assert request(one, "POST", "/dev/clock", {"advance": "119m"})[0] == 200
        assert ask(other, "PATCH", INFO)[0] == 200
        assert request(one, "POST", "/dev/clock", {"advance": "1m"})[0] == 200
        assert ask(other, "PATCH", INFO)[0] == 404
        assert news(other) == ["create", "delete"]
        assert news(one) == ["delete"]
        assert ask(one, "POST", msg_to=ben.phone)[0] == 201
    finally:
        if server.process is not None:
            server.kill()
