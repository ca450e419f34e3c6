"""Taking a message back: while nobody received it, and no later."""

from harness.frames import at

TOO_LATE = "couldn't find a message to delete"


def test_a_message_that_nobody_received_is_gone(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    chat = phone.chat(ben)
    ears = ben.devices(3)

    said = chat.say(ana.says(ben, "never mind", at(0)))
    kept = chat.say(ana.says(ben, "this one stays", at(1)))
    deletion = chat.send(ana.tells(ben, "delete_msg", at(0), when=at(2)))

    chat.expect(deletion)
    for device in ears:
        device.inbox.expect(said)
        device.inbox.expect(kept)
        device.inbox.expect(deletion)
    assert [entry["message"] for entry in ears[0].fetch()] == ["this one stays"]


def test_a_device_that_was_away_never_sees_it(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)

    chat.say(ana.says(ben, "never mind", at(0)))
    deletion = chat.send(ana.tells(ben, "delete_msg", at(0), when=at(1)))
    chat.expect(deletion)

    assert ben.device().fetch() == []


def test_after_the_receipt_it_is_too_late(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    chat = phone.chat(ben)
    ears = ben.device()

    said = chat.say(ana.says(ben, "ok", at(0)))
    ears.inbox.expect(said)
    receipt = ears.chat(ana).send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    phone.inbox.expect(receipt)
    chat.send(ana.tells(ben, "delete_msg", at(0), when=at(2)))

    assert chat.expect_error("delete_msg", ana.phone, ben.phone) == TOO_LATE
    # The receiver hears nothing of the attempt.
    after = chat.say(ana.says(ben, "after", at(3)))
    ears.inbox.expect(after)


def test_only_one_s_own_message_can_be_taken_back(people):
    ana, ben = people("Ana", "Ben")
    ears = ben.device()

    said = ana.device().chat(ben).say(ana.says(ben, "mine", at(0)))
    ears.inbox.expect(said)
    back = ears.chat(ana)
    back.send(ben.tells(ana, "delete_msg", at(0), when=at(1)))

    assert back.expect_error("delete_msg", ben.phone, ana.phone) == TOO_LATE
    assert [entry["message"] for entry in ears.fetch()] == ["mine"]


def test_it_can_be_taken_back_once(people):
    ana, ben = people("Ana", "Ben")
    chat = ana.device().chat(ben)

    chat.say(ana.says(ben, "never mind", at(0)))
    deletion = chat.send(ana.tells(ben, "delete_msg", at(0), when=at(1)))
    chat.expect(deletion)
    chat.send(ana.tells(ben, "delete_msg", at(0), when=at(2)))

    assert chat.expect_error("delete_msg", ana.phone, ben.phone) == TOO_LATE
