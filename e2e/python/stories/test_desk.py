"""The desk from end to end, with python-socketio: two visitors, two agents, a supervisor and an admin sign in, wait, claim,
talk, flag, take over, lose the line, come back and leave. What every event carries is compared with the seed's."""

import queue
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests
import socketio
from harness import desk
from harness.http import ask

CAST = {
    "Vera": "visitor",
    "Viktor": "visitor",
    "Anna": "agent",
    "Arne": "agent",
    "Sofia": "supervisor",
    "Adam": "admin",
}
TRANSPORTS = {
    "polling": ["polling"],
    "websocket": ["websocket"],
    "upgrade": ["polling", "websocket"],
}
NO_ROOM = "The chat room is either closed or doesn't exist."


def said(text: str) -> dict:
    return {"content": text, "timestamp": 1_572_526_821_849}


@pytest.fixture
def cast(serve) -> Iterator[Callable[[], list[desk.Person]]]:
    """The whole cast on a server of its own."""
    with ExitStack() as tabs:
        server = serve(
            # A poll that is cut off between two of them is noticed by the missing pong.
            HEARKEN_DESK__PING_INTERVAL="400ms",
            HEARKEN_DESK__PING_TIMEOUT="3s",
            HEARKEN_DESK__RECONNECT_GRACE="1h",
        )
        yield lambda: desk.gather(server, lambda tab: tabs.callback(tab.close), **CAST)


def until_open(server, count: int) -> None:
    """Waits until so many Socket.IO connections and WebSockets are open."""
    while True:
        page = ask(server.address, "GET", "/metrics").body.decode()
        found = re.search(r"^hearken_open_sockets (\d+)$", page, re.MULTILINE)
        if int(found[1]) == count:
            return


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_the_whole_story(cast, kind):
    transports = TRANSPORTS[kind]
    vera, viktor, anna, arne, sofia, adam = cast()

    annas, first = anna.tab(*transports)
    assert [user["id"] for user in first["online_users"]] == [anna.id]
    assert first["unclaimed_chats"] == first["flagged_chats"] == []
    arnes, _ = arne.tab(*transports)
    assert annas.hear("staff_goes_online")["user"]["id"] == arne.id
    sofias, _ = sofia.tab(*transports)
    adams, _ = adam.tab(*transports)
    for tab in (annas, arnes):
        assert tab.until("staff_goes_online")["user"]["full_name"] == "Sofia"
        assert tab.until("staff_goes_online")["user"]["role_id"] == 1
    veras, lobby = vera.tab(*transports)
    assert lobby == {"chat": None, "staff_online": True}
    assert annas.hear("visitor_goes_online")["user"]["id"] == vera.id

    # Waiting.
    veras.may_not("You have no open chat.", "visitor_msg", said("Anybody?"))
    veras.does("visitor_first_msg", said("Hello"))
    queued = annas.hear("append_unclaimed_chats")
    assert (queued["user"]["id"], queued["contents"]) == (vera.id, [said("Hello")])
    room = queued["room"]["id"]
    veras.may_not("You already have an open chat.", "visitor_first_msg", said("Again"))
    veras.may_not("The chat is not claimed yet.", "visitor_msg", said("Well?"))
    veras.does("visitor_msg_unclaimed", said("Anybody there?"))
    assert arnes.until("visitor_unclaimed_msg")["content"] == said("Anybody there?")

    # Claiming.
    annas.does("staff_join", {"room": room})
    arnes.may_not("This chat is already claimed.", "staff_join", {"room": room})
    assert veras.hear("staff_join_room")["user"]["id"] == anna.id
    claimed = arnes.until("staff_claim_chat")
    assert (claimed["user"]["id"], claimed["room"]["id"], claimed["staff"]["id"]) == (vera.id, room, anna.id)
    taken = sofias.until("agent_new_chat")
    assert (taken["user"]["id"], taken["visitor"]["id"]) == (anna.id, vera.id)
    rows = [(row["sender"], row["type_id"], row["sequence_num"], row["content"]) for row in taken["contents"]]
    assert rows == [(None, 1, 1, said("Hello")), (None, 1, 2, said("Anybody there?"))]

    # Talking.
    annas.does("staff_msg", {"room": room, "content": said("Yes ?")})
    assert veras.hear("staff_send")["content"] == said("Yes ?")
    assert adams.until("new_staff_msg_for_supervisor")["user"]["id"] == anna.id
    veras.does("visitor_msg", said("Good"))
    assert annas.until("visitor_send")["content"] == said("Good")
    assert adams.until("new_visitor_msg_for_supervisor")["user"]["id"] == vera.id
    arnes.may_not("You are not serving this chat.", "staff_msg", {"room": room, "content": said("Me too")})
    annas.does("user_typing_send", {"room": room})
    assert veras.hear("user_typing_receive")["user"]["id"] == anna.id

    # Flagging, and noting.
    arnes.does("change_chat_priority", {"room": room, "severity_level": 2})
    flagged = sofias.until("chat_has_changed_priority_for_supervisor")
    assert (flagged["user"]["id"], flagged["room"]["severity_level"]) == (arne.id, 2)
    annas.does("chat_note", {"room": room, "content": said("Knows Arne")})
    assert sofias.until("chat_note")["content"] == said("Knows Arne")

    # Taking over.
    arnes.may_not("A agent cannot take over a chat from a agent.", "take_over_chat", {"room": room})
    sofias.does("take_over_chat", {"room": room})
    for tab in (veras, annas):
        assert tab.hear("staff_being_taken_over_chat")["user"]["id"] == sofia.id
    assert adams.until("staff_take_over_chat")["room"]["id"] == room
    annas.may_not("You are not serving this chat.", "staff_msg", {"room": room, "content": said("Still here")})

    # Losing the line, and coming back: of the staff, and of the visitor.
    server = vera.server
    until_open(server, 5)
    veras.lose()
    until_open(server, 4)
    sofias.does("staff_msg", {"room": room, "content": said("One moment")})
    sofias.does("staff_msg", {"room": room, "content": said("There you are")})
    back = veras.back()
    assert back["chat"]["room"]["id"] == room
    missed = [row["content"] for row in veras.hear("chat_missed")["messages"]]
    assert missed == [said("One moment"), said("There you are")]
    sofias.lose()
    until_open(server, 4)
    veras.does("visitor_msg", said("Here again"))
    back = sofias.back()
    assert [chat["room"]["id"] for chat in back["my_chats"]] == [room]
    assert [row["content"] for row in sofias.hear("chat_missed")["messages"]] == [said("Here again")]

    # A second visitor gives up waiting; a chat is put back.
    viktors, _ = viktor.tab(*transports)
    viktors.does("visitor_first_msg", said("Quick one"))
    second = annas.until("append_unclaimed_chats")["room"]["id"]
    annas.does("staff_join", {"room": second})
    annas.does("return_chat", {"room": second})
    assert viktors.until("chat_returned")["room"]["id"] == second
    viktors.does("visitor_leave_room")
    assert annas.until("visitor_leave_queue")["user"]["id"] == viktor.id
    annas.may_not(NO_ROOM, "staff_join", {"room": second})

    # Leaving.
    sofias.does("staff_leave_room", {"room": room})
    assert veras.hear("staff_leave")["user"]["id"] == sofia.id
    assert adams.until("staff_leave_chat_for_supervisor")["user"]["id"] == sofia.id
    veras.does("visitor_first_msg", said("One more thing"))
    third = room
    while third in (room, second):
        third = arnes.until("append_unclaimed_chats")["room"]["id"]
    veras.leave()
    assert arnes.until("visitor_leave_queue")["room"]["id"] == third
    assert arnes.until("visitor_goes_offline")["user"]["id"] == vera.id

    # What is kept of it.
    rows = adam.get(f"/api/v1/desk/chats/{room}/messages")
    assert [row["sequence_num"] for row in rows] == list(range(1, len(rows) + 1))


def test_a_refused_handshake(serve):
    server = serve()
    with requests.Session() as session:
        client = socketio.Client(http_session=session, reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError, match="Unexpected status code 401"):
            client.connect(f"http://{server.address}", transports=["polling"])


def test_a_token_in_the_payload(serve):
    server = serve(HEARKEN_DESK__AUTH_PAYLOAD="true")
    (vera,) = desk.gather(server, lambda _: None, Vera="visitor")
    with requests.Session() as session:
        client = socketio.Client(http_session=session, reconnection=False)
        first = queue.Queue()
        client.on("visitor_init", first.put)
        client.connect(f"http://{server.address}", auth={"access_token": vera.token}, transports=["polling"])
        assert first.get(timeout=desk.PATIENCE) == {"chat": None, "staff_online": False}
        client.disconnect()
        refused = socketio.Client(http_session=session, reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError, match="namespaces failed"):
            refused.connect(f"http://{server.address}", auth={"access_token": "none"}, transports=["polling"])
        refused.disconnect()
