"""Signing in by password and as a guest, staying signed in, and leaving: what is given, and what ends with it."""

import base64
import json
import time

from harness.http import Api, ask
from harness.sign_in import PASSWORD, add, login, signed_in


def claims(token: str) -> dict:
    """What a token says, unchecked."""
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def test_a_password_opens_everything_and_a_wrong_one_is_a_wrong_address(server, email):
    mine = email()
    account = add(server, "--email", mine, "--name", "Ana", role="therapist")
    assert set(account) >= {"id", "organisation_id", "email", "roles", "disabled"} and "password" not in account

    ana = login(server, mine.upper())
    assert ana.account == account
    said = claims(ana.access)
    assert (said["sub"], said["org"]) == (account["id"], account["organisation_id"])
    assert (said["roles"], said["name"]) == (["therapist"], "Ana")
    assert said["exp"] - said["iat"] == ana.expires_in == 30 * 60
    header = json.loads(base64.urlsafe_b64decode(ana.access.split(".")[0] + "=="))
    keys = ask(server.address, "GET", "/.well-known/jwks.json").json["keys"]
    assert header["alg"] == "EdDSA" and header["kid"] in {key["kid"] for key in keys}
    assert ana.api.get("/me").data == account

    api = Api(server)
    wrong = api.post("/auth/login", {"email": mine, "password": "wrong horse battery"}).fails(401)
    unknown = api.post("/auth/login", {"email": email(), "password": PASSWORD}).fails(401)
    assert wrong.json == unknown.json
    # Who has no password can't be signed in by any.
    none = email()
    add(server, "--email", none, password=None)
    assert api.post("/auth/login", {"email": none, "password": ""}).fails(401).json == unknown.json
    api.post("/auth/login", {"email": mine}).fails(400, "password")
    api.post("/auth/login", {"email": 7, "password": None}).fails(400, "email", "password")


def test_a_refresh_token_is_good_once_and_shown_again_ends_the_sign_in(server, email):
    mine = email()
    add(server, "--email", mine)
    first, other, api = login(server, mine), login(server, mine), Api(server)

    second = signed_in(server, api.post("/auth/refresh", {"refresh_token": first.refresh}))
    assert second.refresh != first.refresh
    assert second.api.get("/me").status == first.api.get("/me").status == 200
    third = signed_in(server, api.post("/auth/refresh", {"refresh_token": second.refresh}))

    # Somebody has kept the first: the whole family ends, and no other sign-in.
    api.post("/auth/refresh", {"refresh_token": first.refresh}).fails(401)
    api.post("/auth/refresh", {"refresh_token": third.refresh}).fails(401)
    for spent in (first, second, third):
        spent.api.get("/me").fails(401)
    assert other.api.get("/me").status == 200
    for nonsense in ("", "x", first.refresh + "x", "A" * len(first.refresh), first.access):
        api.post("/auth/refresh", {"refresh_token": nonsense}).fails(401)
    api.post("/auth/refresh", {}).fails(400, "refresh_token")


def test_a_sign_in_and_a_reuse_outlive_a_restart(serve, email):
    server, mine = serve(), email()
    add(server, "--email", mine)
    first = login(server, mine)
    second = signed_in(server, Api(server).post("/auth/refresh", {"refresh_token": first.refresh}))
    gone = login(server, mine)
    assert gone.api.post("/auth/logout").status == 200

    server.kill()
    server.start()
    api = Api(server)
    assert api.get("/me").status == 401
    assert second.api.get("/me").status == 200
    gone.api.get("/me").fails(401)
    api.post("/auth/refresh", {"refresh_token": gone.refresh}).fails(401)
    api.post("/auth/refresh", {"refresh_token": first.refresh}).fails(401)
    second.api.get("/me").fails(401)


def test_a_logout_ends_the_tokens_and_open_sockets_of_that_sign_in_alone(server, connect, email, phone):
    mine, number = email(), phone()
    add(server, "--email", mine, "--phone", number)
    leaving, staying = login(server, mine), login(server, mine)
    path = f"/ws/chat/special/{number}/"
    open_, other = (connect(server, path, Authorization=f"Bearer {who.access}") for who in (leaving, staying))

    started = time.monotonic()
    answer = leaving.api.ask("POST", "/auth/logout")
    assert answer.data is None
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    error = open_.receive()
    assert (error["command"], error["type"]) == ("error", "authentication")
    assert open_.closed() == 4401
    assert time.monotonic() - started < 5
    leaving.api.get("/me").fails(401)
    Api(server).post("/auth/refresh", {"refresh_token": leaving.refresh}).fails(401)

    assert staying.api.get("/me").status == 200
    assert other.fetch(number) == [[]]
    # By the refresh token alone, when the access token is gone.
    Api(server).post("/auth/logout", {"refresh_token": staying.refresh}).data
    staying.api.get("/me").fails(401)
    assert other.closed() == 4401
    Api(server).post("/auth/logout").fails(401)


def test_whoever_is_disabled_is_out_everywhere(server, connect, email, phone):
    mine, number = email(), phone()
    account = add(server, "--email", mine, "--phone", number)
    ana = login(server, mine)
    socket = connect(server, f"/ws/chat/special/{number}/", Authorization=f"Bearer {ana.access}")

    started = time.monotonic()
    server.command("account", "disable", account["id"])
    error = socket.receive()
    assert (error["command"], error["type"], socket.closed()) == ("error", "authentication", 4401)
    assert time.monotonic() - started < 5
    ana.api.get("/me").fails(401)
    Api(server).post("/auth/refresh", {"refresh_token": ana.refresh}).fails(401)
    Api(server).post("/auth/login", {"email": mine, "password": PASSWORD}).fails(401)

    server.command("account", "enable", account["id"])
    ana.api.get("/me").fails(401)
    assert login(server, mine).account["disabled"] is False


def test_an_own_password_is_changed_by_who_knows_it_and_ends_the_other_sign_ins(server, email):
    mine = email()
    add(server, "--email", mine)
    own, other = login(server, mine), login(server, mine)

    own.api.post("/auth/password", {"current": "wrong horse", "new": "battery staple"}).fails(400, "current")
    own.api.post("/auth/password", {"current": PASSWORD, "new": "short"}).fails(400, "new")
    own.api.post("/auth/password", {"current": 1}).fails(400, "current", "new")
    Api(server).post("/auth/password", {"current": PASSWORD, "new": "battery staple"}).fails(401)
    assert other.api.get("/me").status == 200

    assert own.api.post("/auth/password", {"current": PASSWORD, "new": "battery staple"}).status == 200
    assert own.api.get("/me").status == 200
    other.api.get("/me").fails(401)
    Api(server).post("/auth/login", {"email": mine, "password": PASSWORD}).fails(401)
    login(server, mine, "battery staple")


def test_a_guest_walks_in_and_shares_an_address_with_anybody(server, email):
    taken = email()
    add(server, "--email", taken)
    api = Api(server)
    answer = api.post("/auth/visitor", {"name": "Somebody", "email": taken})
    assert answer.status == 201
    guest = signed_in(server, answer)
    assert (guest.account["roles"], guest.account["name"]) == (["visitor"], "Somebody")
    assert guest.api.get("/me").data == guest.account
    # His address is no way in, and takes it from nobody.
    assert login(server, taken).account["roles"] == ["participant"]
    nameless = signed_in(server, api.post("/auth/visitor", {}))
    assert (nameless.account["name"], nameless.account["email"]) == (None, None)
    assert nameless.account["id"] != guest.account["id"]
    signed_in(server, api.post("/auth/refresh", {"refresh_token": guest.refresh}))
    # What may be left out need not be sent.
    assert signed_in(server, api.ask("POST", "/auth/visitor")).account["name"] is None
    api.post("/auth/visitor", {"name": "x" * 201, "email": "nowhere"}).fails(400, "name", "email")
    api.post("/auth/visitor", {"organisation": "nowhere"}).fails(400, "organisation")


def test_an_open_socket_lives_as_long_as_its_sign_in_and_no_longer(serve, connect, email, phone):
    server = serve(HEARKEN_AUTH__ACCESS_TTL="1s", HEARKEN_AUTH__REFRESH_TTL="4s")
    mine, number = email(), phone()
    add(server, "--email", mine, "--phone", number)
    ana = login(server, mine)
    assert ana.expires_in == 1
    socket = connect(server, f"/ws/chat/special/{number}/", Authorization=f"Bearer {ana.access}")
    while ana.api.get("/me").status != 401:
        pass
    # The access token is over, the sign-in is not.
    assert socket.fetch(number) == [[]]
    assert socket.closed() == 4401
    Api(server).post("/auth/refresh", {"refresh_token": ana.refresh}).fails(401)
