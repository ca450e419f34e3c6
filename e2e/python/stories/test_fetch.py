"""Fetching what was missed: in order, fifty to a frame, and only what nobody of this person has received."""

import threading

import pytest
from harness.frames import at, entry, fetched_at


@pytest.mark.parametrize(
    ("waiting", "frames"), [(0, [0]), (1, [1]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20]), (150, [50, 50, 50])]
)
def test_fifty_to_a_frame(people, waiting, frames):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)

    said = [chat.say(ana.says(ben, f"message {number}", at(number))) for number in range(waiting)]
    device = ben.device()
    listed = device.inbox.fetch(ben.phone)

    assert [len(messages) for messages in listed] == frames
    expected = [entry(message, fetched_at(number)) for number, message in enumerate(said)]
    assert [message for messages in listed for message in messages] == expected


def test_in_order_of_arrival_and_not_of_their_times(people):
    ana, ben, cid = people("Ana", "Ben", "Cid")
    from_ana, from_cid = ana.device().chat(ben), cid.device().chat(ben)

    from_ana.say(ana.says(ben, "first", at(9)))
    from_cid.say(cid.says(ben, "second", at(3)))
    from_ana.say(ana.says(ben, "third", at(6)))

    assert [entry["message"] for entry in ben.device().fetch()] == ["first", "second", "third"]


def test_fetching_deletes_nothing(people):
    ana, ben = people("Ana", "Ben")
    ana.device().chat(ben).say(ana.says(ben, "still here", at(0)))
    device, other = ben.devices(2)

    first = device.fetch()
    assert [entry["message"] for entry in first] == ["still here"]
    assert device.fetch() == first
    assert other.fetch() == first


def test_a_device_that_connects_later_finds_what_nobody_has_received(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    chat = phone.chat(ben)
    early = ben.device()
    back = early.chat(ana)

    for number in range(6):
        early.inbox.expect(chat.say(ana.says(ben, f"message {number}", at(number))))
    for number in (0, 1, 3):
        phone.inbox.expect(back.send(ben.tells(ana, "msg_received", at(number), when=at(10 + number))))
    late = ben.device()

    assert [entry["message"] for entry in late.fetch()] == ["message 2", "message 4", "message 5"]
    assert [entry["message"] for entry in early.fetch()] == ["message 2", "message 4", "message 5"]
    # And nothing was pushed to it by itself: the first it hears is what comes now.
    late.inbox.expect(chat.say(ana.says(ben, "now", at(6))))


def test_offline_then_fetched_received_and_gone(people):
    ana, ben = people("Ana", "Ben")
    phone, tablet, laptop = ana.devices(3)
    chats = [device.chat(ben) for device in (phone, tablet, laptop)]

    for number in range(9):
        chats[number % 3].say(ana.says(ben, f"message {number}", at(number)))
    device = ben.device()
    listed = device.fetch()
    assert [entry["message"] for entry in listed] == [f"message {number}" for number in range(9)]

    back = device.chat(ana)
    receipts = [ben.tells(ana, "msg_received", entry["sent_timestamp"], when=at(100)) for entry in listed]
    for receipt in receipts:
        back.send(receipt)
    back.say(ben.says(ana, "got all", at(101)))
    assert device.fetch() == []
    assert ben.device().fetch() == []


def test_a_fetch_of_another_kind_lists_none_of_it(people):
    ana, ben = people("Ana", "Ben")
    ana.device().chat(ben).say(ana.says(ben, "personal", at(0)))
    device = ben.device()

    assert device.inbox.fetch(ben.phone, "fetch_grp_msgs") == [[]]
    assert [entry["message"] for entry in device.fetch()] == ["personal"]


def test_whom_the_fetch_says_it_is_from_does_not_matter(people):
    ana, ben = people("Ana", "Ben")
    ana.device().chat(ben).say(ana.says(ben, "ok", at(0)))
    device = ben.device()

    for sender in (ana.phone, "9797979797", ""):
        device.inbox.send(
            {"message": "", "command": "fetch_msgs", "msg_from": sender, "msg_to": ben.phone, "sent_timestamp": at(1)}
        )
        answer = device.inbox.receive()
        assert [entry["message"] for entry in answer["messages"]] == ["ok"]


def test_what_arrives_during_a_fetch_is_neither_lost_nor_listed_twice(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)
    before = [f"message {number}" for number in range(120)]
    during = [f"message {number}" for number in range(120, 320)]
    for number, text in enumerate(before):
        chat.say(ana.says(ben, text, at(number)))
    device = ben.device()

    def write() -> None:
        for number, text in enumerate(during):
            chat.say(ana.says(ben, text, at(120 + number)))

    writer = threading.Thread(target=write)
    writer.start()
    fetches = []
    while writer.is_alive() or not fetches:
        fetches.append([entry["message"] for entry in device.fetch()])
    writer.join()

    # Each list is the log up to somewhere: from its start, in order, each message once.
    everything = before + during
    for listed in fetches:
        assert listed == everything[: len(listed)]
        assert len(listed) >= len(before)
    # And what came while the socket was open also came live, once and in order.
    assert [device.inbox.receive()["message"] for _ in during] == during
    assert [entry["message"] for entry in device.fetch()] == everything
