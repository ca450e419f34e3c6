"""The server ends, in peace or not, and comes back: what was saved is there, and the same tokens open the doors."""

import pytest
from harness.frames import at
from websockets.exceptions import ConnectionClosed

# What a client may take as "come back later".
COME_BACK = {1001, 1012, 1013}


def test_a_clean_stop_loses_nothing(own_server, gather):
    ana, ben = gather(own_server, "Ana", "Ben")
    phone, ears = ana.device(), ben.device()
    chat = phone.chat(ben)
    for number in range(60):
        ears.inbox.expect(chat.say(ana.says(ben, f"message {number}", at(number))))

    assert own_server.stop() == 0
    for socket in (chat, phone.inbox, ears.inbox):
        assert socket.closed() in COME_BACK

    own_server.start()
    back = ears.open(f"/ws/chat/special/{ben.phone}/")
    listed = [entry["message"] for messages in back.fetch(ben.phone) for entry in messages]
    assert listed == [f"message {number}" for number in range(60)]
    phone.chat(ben).say(ana.says(ben, "and on", at(60)))
    assert back.receive()["message"] == "and on"


@pytest.mark.parametrize("saved", [1, 40])
def test_what_was_saved_survives_a_kill(own_server, gather, saved):
    ana, ben = gather(own_server, "Ana", "Ben")
    phone = ana.away()
    chat = phone.chat(ben)
    for number in range(saved):
        chat.say(ana.says(ben, f"message {number}", at(number)))

    # One more is on its way and may be saved or not; a client that was not told sends it again.
    last = chat.send(ana.says(ben, "the last", at(saved)))
    own_server.kill()
    with pytest.raises(ConnectionClosed):
        chat.receive()
        chat.receive()

    own_server.start()
    phone.chat(ben).say(last)
    expected = [f"message {number}" for number in range(saved)] + ["the last"]
    assert [entry["message"] for entry in ben.device().fetch()] == expected


def test_receipts_and_repeats_are_remembered(own_server, gather):
    ana, ben = gather(own_server, "Ana", "Ben")
    phone, ears = ana.device(), ben.device()
    said = phone.chat(ben).say(ana.says(ben, "once", at(0)))
    ears.inbox.expect(said)
    receipt = ears.chat(ana).send(ben.tells(ana, "msg_received", at(0), when=at(1)))
    phone.inbox.expect(receipt)

    own_server.kill()
    own_server.start()

    ears = ben.device()
    phone.chat(ben).say(said)
    assert ears.fetch() == []


def test_accounts_are_kept_while_the_server_is_down(own_server, gather):
    assert own_server.stop() == 0
    ana, ben = gather(own_server, "Ana", "Ben")
    phone, ears = ana.away(), ben.away()

    own_server.start()
    said = phone.chat(ben).say(ana.says(ben, "made while it was down", at(0)))
    assert [entry["message"] for entry in ears.fetch()] == [said["message"]]
