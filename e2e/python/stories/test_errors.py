"""What is refused, and that nothing but the frame suffers for it."""

import json

import pytest
from harness.frames import NOTHING, at, frame


def broken(**changes):
    """A new message from A to B with some fields replaced; a field set to None is left out."""

    def make(sender: str, to: str) -> dict:
        whole = frame("new_msg", sender, to, "ok", at(0)) | changes
        return {name: value for name, value in whole.items() if value is not None}

    return make


NOT_FRAMES = {
    "not json": "{",
    "nothing": "",
    "a list": "[]",
    "a text": '"new_msg"',
    "a number": "7",
    "two values": "{} {}",
    "too deep": "[" * 10_000 + "]" * 10_000,
    "binary": b"\x00\x01",
    "binary json": b"{}",
    "no command": "{}",
}

REFUSED = {
    "no message": (broken(message=None), "new_msg"),
    "no time": (broken(sent_timestamp=None), "new_msg"),
    "a number for a message": (broken(message=7), "new_msg"),
    "a list for a time": (broken(sent_timestamp=[]), "new_msg"),
    "an empty message": (broken(message=""), "new_msg"),
    "a message too long": (broken(message="x" * 4097), "new_msg"),
    "no time at all": (broken(sent_timestamp="yesterday"), "new_msg"),
    "a month too many": (broken(sent_timestamp="2020-13-21 16:32:17"), "new_msg"),
    "an unknown command": (broken(command="dance"), "dance"),
    "a group's command": (broken(command="new_grp_msg"), "new_grp_msg"),
    "a fetch": (broken(command="fetch_msgs", message=NOTHING), "fetch_msgs"),
    "a receipt for no time": (broken(command="msg_received", message="ok"), "msg_received"),
    "a receipt for nothing": (broken(command="msg_received", message=at(5)), "msg_received"),
    "a deletion of nothing": (broken(command="delete_msg", message=at(5)), "delete_msg"),
}


@pytest.mark.parametrize("sent", NOT_FRAMES.values(), ids=NOT_FRAMES.keys())
def test_what_is_no_frame(people, sent):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)

    chat.send_raw(sent)
    chat.expect_error("parse", ana.phone, ben.phone)

    chat.say(ana.says(ben, "the socket stays open", at(1)))


@pytest.mark.parametrize(("make", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(people, make, kind):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)
    ears = ben.device()

    chat.send(make(ana.phone, ben.phone))
    chat.expect_error(kind, ana.phone, ben.phone)

    after = chat.say(ana.says(ben, "the socket stays open", at(1)))
    ears.inbox.expect(after)
    assert [entry["message"] for entry in ears.fetch()] == ["the socket stays open"]


def test_nobody_speaks_for_another(people):
    ana, ben, cid = people("Ana", "Ben", "Cid")
    chat = ana.device().chat(ben)
    ears = ben.device()

    chat.send(cid.says(ben, "I am not Cid", at(0)))
    chat.expect_error("new_msg", cid.phone, ben.phone)
    chat.send(ana.says(cid, "this is Ben's chat", at(0)))
    chat.expect_error("new_msg", ana.phone, cid.phone)

    after = chat.say(ana.says(ben, "after", at(1)))
    ears.inbox.expect(after)
    assert cid.device().fetch() == []


@pytest.mark.parametrize("command", ["new_msg", "msg_received", "msg_read", "is_typing", "delete_msg", "new_grp_msg"])
def test_the_receive_socket_takes_nothing_but_fetches(people, command):
    [ana] = people("Ana")
    device = ana.device()

    device.inbox.send(frame(command, ana.phone, ana.phone, at(0), at(1)))
    device.inbox.expect_error(command, ana.phone, ana.phone)

    assert device.fetch() == []


def test_errors_go_to_the_socket_that_caused_them(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    one, other = phone.chat(ben), phone.chat(ben)

    one.send_raw("{")
    one.expect_error("parse", ana.phone, ben.phone)

    other.say(ana.says(ben, "nothing came here before", at(0)))
    answer = ben.device().chat(ana).say(ben.says(ana, "nor here", at(1)))
    phone.inbox.expect(answer)


def test_a_frame_over_64_kib_closes_its_socket_and_no_other(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    huge, other = phone.chat(ben), phone.chat(ben)
    ears = ben.device()

    huge.send_raw(json.dumps(ana.says(ben, "x" * 66_000, at(0))))
    assert huge.closed() == 1009

    after = other.say(ana.says(ben, "after", at(1)))
    ears.inbox.expect(after)
