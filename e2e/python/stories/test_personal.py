"""Personal chats: who gets a message, who gets its copy, what comes back, and what is kept of it once."""

import pytest
from harness.frames import NOTHING, at, without_message


def test_a_message_reaches_every_device(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    devices = ben.devices(3)

    said = phone.chat(ben).say(ana.says(ben, "ok", at(0)))

    for device in devices:
        device.inbox.expect(said)


def test_only_the_socket_that_sent_hears_that_it_is_saved(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    one, other = phone.chat(ben), phone.chat(ben)

    one.say(ana.says(ben, "from one", at(0)))

    # What the other socket hears first is about its own message.
    other.say(ana.says(ben, "from the other", at(1)))


def test_the_author_s_other_sign_ins_get_a_copy(people):
    ana, ben = people("Ana", "Ben")
    phone, tablet, laptop = ana.devices(3)
    answering = ben.device()

    said = phone.chat(ben).say(ana.says(ben, "written on the phone", at(0)))
    answer = answering.chat(ana).say(ben.says(ana, "an answer", at(1)))

    tablet.inbox.expect(said)
    tablet.inbox.expect(answer)
    laptop.inbox.expect(said)
    laptop.inbox.expect(answer)
    # The sign-in that wrote it has it already: the first it hears of the chat is the answer.
    phone.inbox.expect(answer)


def test_two_sockets_of_the_sign_in_that_wrote_get_no_copy(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    second_tab = phone.open(f"/ws/chat/special/{ana.phone}/")
    answering = ben.device()

    phone.chat(ben).say(ana.says(ben, "written in one tab", at(0)))
    answer = answering.chat(ana).say(ben.says(ana, "an answer", at(1)))

    phone.inbox.expect(answer)
    second_tab.expect(answer)


def test_typing_arrives_without_a_message(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)
    devices = ben.devices(3)

    for text in ("-null-", NOTHING, ""):
        typing = chat.send(ana.tells(ben, "is_typing", text, when=at(0)))
        for device in devices:
            device.inbox.expect(without_message(typing))
    typing = chat.send(without_message(ana.tells(ben, "is_typing", when=at(1))))
    for device in devices:
        device.inbox.expect(typing)

    # Nothing of it is kept, and nothing came back.
    assert ben.device().fetch() == []
    chat.say(ana.says(ben, "there", at(2)))


def test_a_repeat_is_answered_again_and_stored_once(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)
    ears = ben.device()

    said = chat.say(ana.says(ben, "once", at(0)))
    chat.say(said)
    after = chat.say(ana.says(ben, "after", at(1)))

    ears.inbox.expect(said)
    ears.inbox.expect(after)
    assert [entry["message"] for entry in ears.fetch()] == ["once", "after"]


def test_a_repeat_after_the_receipt_is_answered_and_not_delivered(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    chat = phone.chat(ben)
    ears = ben.device()

    said = chat.say(ana.says(ben, "once", at(0)))
    ears.inbox.expect(said)
    ears.chat(ana).send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    phone.inbox.expect(ben.tells(ana, "msg_received", at(0), when=at(1)))

    chat.say(said)
    after = chat.say(ana.says(ben, "after", at(2)))
    ears.inbox.expect(after)
    assert [entry["message"] for entry in ears.fetch()] == ["after"]


def test_another_text_under_the_same_time_is_refused(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)

    chat.say(ana.says(ben, "once", at(0)))
    chat.send(ana.says(ben, "something else", at(0)))
    chat.expect_error("new_msg", ana.phone, ben.phone)

    assert [entry["message"] for entry in ben.device().fetch()] == ["once"]


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("2020-11-21 16:32:17", "2020-11-21T16:32:17.000000Z"),
        ("2020-11-21 16:32:17.3", "2020-11-21T16:32:17.300000Z"),
        ("2020-11-21 16:32:17.356", "2020-11-21T16:32:17.356000Z"),
        ("2020-11-21T16:32:17Z", "2020-11-21T16:32:17.000000Z"),
        ("2020-11-21T16:32:17.356789Z", "2020-11-21T16:32:17.356789Z"),
        ("2020-11-21T18:02:17.5+01:30", "2020-11-21T16:32:17.500000Z"),
    ],
)
def test_times_are_forwarded_as_written_and_listed_in_one_form(people, written, listed):
    ana, ben = people("Ana", "Ben")
    ears = ben.device()

    said = ana.device().chat(ben).say(ana.says(ben, "ok", written))

    ears.inbox.expect(said)
    assert ears.fetch() == [said | {"sent_timestamp": listed}]


def test_any_text_of_4096_characters_arrives_as_it_was(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)
    ears = ben.device()

    texts = ["x" * 4096, "🦉" * 4096, 'quotes " and \\ and \n and \u0001', "{\"command\": \"new_msg\"}", " "]
    for number, text in enumerate(texts):
        said = chat.say(ana.says(ben, text, at(number)))
        ears.inbox.expect(said)
    assert [entry["message"] for entry in ears.fetch()] == texts


def test_chats_do_not_mix(people):
    ana, ben, cid = people("Ana", "Ben", "Cid")
    phone = ana.device()
    ben_hears, cid_hears = ben.device(), cid.device()

    to_ben = phone.chat(ben).say(ana.says(ben, "for Ben", at(0)))
    to_cid = phone.chat(cid).say(ana.says(cid, "for Cid", at(0)))

    ben_hears.inbox.expect(to_ben)
    cid_hears.inbox.expect(to_cid)
    assert [entry["message"] for entry in ben_hears.fetch()] == ["for Ben"]
    assert [entry["message"] for entry in cid_hears.fetch()] == ["for Cid"]
