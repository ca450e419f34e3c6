"""Receipts and read marks: who is told, what a receipt frees, and what a second device's receipt changes."""

from harness.frames import at


def test_a_receipt_goes_to_every_device_of_the_author_and_frees_the_message(people):
    ana, ben = people("Ana", "Ben")
    phone, tablet, laptop = ana.devices(3)
    ears = ben.device()

    said = phone.chat(ben).say(ana.says(ben, "ok", at(0)))
    ears.inbox.expect(said)
    back = ears.chat(ana)
    receipt = back.send(ben.tells(ana, "msg_received", said["sent_timestamp"], when=at(1)))

    phone.inbox.expect(receipt)
    for copied in (tablet, laptop):
        copied.inbox.expect(said)
        copied.inbox.expect(receipt)
    assert ears.fetch() == []
    # Nothing comes back for a receipt: the first its socket hears is about the next message.
    back.say(ben.says(ana, "thanks", at(2)))


def test_a_receipt_by_one_device_takes_nothing_from_another(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    chat = phone.chat(ben)
    quick, slow, slower = ben.devices(3)
    back = quick.chat(ana)

    said = []
    for number in range(20):
        said.append(chat.say(ana.says(ben, f"message {number}", at(number))))
        quick.inbox.expect(said[-1])
        phone_hears = back.send(ben.tells(ana, "msg_received", at(number), when=at(100 + number)))
        phone.inbox.expect(phone_hears)

    # All is received by now, and the devices that were connected all the while still hear all of it.
    for device in (slow, slower):
        for message in said:
            device.inbox.expect(message)
    assert ben.device().fetch() == []


def test_a_second_receipt_changes_nothing_and_answers_nothing(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    one, other = ben.devices(2)

    said = phone.chat(ben).say(ana.says(ben, "ok", at(0)))
    one.inbox.expect(said)
    other.inbox.expect(said)
    first = one.chat(ana).send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    phone.inbox.expect(first)
    late = other.chat(ana)
    late.send(ben.tells(ana, "msg_received", at(0), when=at(2)))
    answer = late.say(ben.says(ana, "an answer", at(3)))

    # No error before the answer was saved, and no second receipt before the answer arrives.
    phone.inbox.expect(answer)


def test_a_receipt_names_the_message_whatever_form_its_time_is_in(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    ears = ben.device()

    phone.chat(ben).say(ana.says(ben, "ok", "2020-11-21 17:11:06.23"))
    [listed] = ears.fetch()
    receipt = ears.chat(ana).send(ben.tells(ana, "msg_received", listed["sent_timestamp"], when=at(1)))

    phone.inbox.expect(receipt)
    assert ears.fetch() == []


def test_a_receipt_for_what_was_never_sent_is_an_error(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    back = ben.device().chat(ana)

    back.send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    back.expect_error("msg_received", ben.phone, ana.phone)

    # The author hears nothing of it.
    answer = back.say(ben.says(ana, "sorry", at(2)))
    phone.inbox.expect(answer)


def test_reading_is_told_and_frees_nothing(people):
    ana, ben = people("Ana", "Ben")
    phone, tablet = ana.devices(2)
    ears = ben.device()

    said = phone.chat(ben).say(ana.says(ben, "ok", at(0)))
    back = ears.chat(ana)
    read = back.send(ben.tells(ana, "msg_read", at(0), when=at(1)))

    phone.inbox.expect(read)
    tablet.inbox.expect(said)
    tablet.inbox.expect(read)
    assert [entry["message"] for entry in ears.fetch()] == ["ok"]
    back.say(ben.says(ana, "nothing came back before this", at(2)))


def test_a_read_mark_needs_no_stored_message(people):
    ana, ben = people("Ana", "Ben")
    phone = ana.device()
    ears = ben.device()

    phone.chat(ben).say(ana.says(ben, "ok", at(0)))
    back = ears.chat(ana)
    received = back.send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    read = back.send(ben.tells(ana, "msg_read", at(0), when=at(2)))

    phone.inbox.expect(received)
    phone.inbox.expect(read)
