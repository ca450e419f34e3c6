"""What operators ask a running server, and the command line beside it."""

import json
import re

from harness.http import API, Api, ask
from harness.sign_in import PASSWORD, add, login


def get(server, path: str, **headers: str):
    return ask(server.address, "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_health_metrics_and_the_reference_need_no_token(server):
    for path in ("/healthz", "/readyz"):
        assert get(server, path).status == 200
    metrics = get(server, "/metrics")
    assert metrics.status == 200 and metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = [line for line in metrics.body.decode().splitlines() if line and not line.startswith("#")]
    assert samples
    for line in samples:
        assert re.fullmatch(r'[a-zA-Z_:][\w:]*(\{(\w+="[^"]*",?)*\})? -?[\d.e+-]+', line), line
    document = get(server, "/openapi.json").json
    assert document["openapi"].startswith("3.1.")
    paths = {
        f"{API}{path}"
        for path in ("/me", "/accounts", "/accounts/{id}", "/auth/password")
        + tuple(f"/auth/{way}" for way in ("login", "visitor", "refresh", "logout", "otp/request", "otp/verify"))
    }
    assert paths | {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"} <= set(document["paths"])
    assert json.loads(server.command("openapi")) == document
    docs = get(server, "/docs")
    assert docs.status == 200 and docs.headers["Content-Type"].startswith("text/html")
    assert b"/api/v1/auth/login" in docs.body


def test_keys_turn_while_the_server_runs(serve, email):
    server, mine = serve(), email()
    add(server, "--email", mine)
    old = login(server, mine)

    def published() -> list[str]:
        return [key["kid"] for key in get(server, "/.well-known/jwks.json").json["keys"]]

    [first] = published()
    second = server.command("key", "add").strip()
    assert published() == server.command("key", "list").split() == [first, second]
    assert old.api.get("/me").status == 200
    new = login(server, mine)
    # The key that signs is not to be taken away.
    assert server.run("key", "remove", second).returncode == 1
    server.command("key", "remove", first)
    assert published() == [second]
    old.api.get("/me").fails(401)
    assert new.api.get("/me").status == 200
    # The sign-in is no worse for it: its refresh token gives a token of the new key.
    assert Api(server).post("/auth/refresh", {"refresh_token": old.refresh}).status == 200
    server.kill()
    server.start()
    assert published() == [second]
    assert new.api.get("/me").status == 200


def test_passwords_and_roles_are_set_on_the_command_line(server, email):
    mine = email()
    account = add(server, "--email", mine, role="agent")
    signed = login(server, mine)

    server.command("account", "set-roles", account["id"], "--role", "admin", "--role", "client")
    shown = json.loads(server.command("account", "show", account["id"]))
    assert sorted(shown["roles"]) == ["admin", "client"]
    # What a token said when it was made is not what counts.
    assert signed.api.get("/accounts").status == 200
    server.command("account", "set-roles", account["id"], "--role", "agent")
    signed.api.get("/accounts").fails(403)

    server.command("account", "set-password", account["id"], "--password-stdin", given="another battery\r\n")
    signed.api.get("/me").fails(401)
    Api(server).post("/auth/login", {"email": mine, "password": PASSWORD}).fails(401)
    login(server, mine, "another battery")
    for given in ("", "\n", "short\n"):
        refused = server.run("account", "set-password", account["id"], "--password-stdin", given=given)
        assert refused.returncode == 1 and len(refused.stderr.splitlines()) == 1, refused
    # A password in an argument could be read by everybody on the machine.
    assert server.run("account", "set-password", account["id"], "--password", "x").returncode == 2
    assert server.run("account", "set-roles", account["id"], "--role", "king").returncode == 2
    listed = [json.loads(line) for line in server.command("account", "list").splitlines()]
    assert account["id"] in {one["id"] for one in listed}


def test_commands_work_without_a_server_too(serve, email):
    server, mine = serve(), email()
    server.stop()
    account = add(server, "--email", mine)
    place = json.loads(server.command("organisation", "add", "Elsewhere"))
    assert set(place) == {"id", "name"}
    assert "default" in server.command("organisation", "list")
    server.start()
    assert login(server, mine).account == account
    token = server.token(account["id"], "--ttl", "1h")
    assert Api(server, token).get("/me").data == account
    # A token of the command line can be signed out as well.
    assert Api(server, token).post("/auth/logout").status == 200
    Api(server, token).get("/me").fails(401)


def test_no_password_code_token_or_number_reaches_the_log(serve, messages, email, phone):
    sms = {"HEARKEN_SMS__PROVIDER": "webhook", "HEARKEN_SMS__URL": messages.url}
    server, mine, number = serve(HEARKEN_LOG="trace", **sms), email(), phone()
    add(server, "--email", mine, "--phone", number, "--last-name", "Zimmermann")
    signed = login(server, mine)
    wrong = "wrong horse battery"
    Api(server).post("/auth/login", {"email": mine, "password": wrong}).fails(401)
    Api(server).post("/auth/refresh", {"refresh_token": signed.refresh}).data
    asked = Api(server).post("/auth/otp/request", {"phone": number, "last_name": "Zimmermann"}).data["challenge"]
    code = messages.code(number)
    Api(server).post("/auth/otp/verify", {"challenge": asked, "code": code}).data
    Api(server).post("/auth/refresh", {"refresh_token": signed.refresh}).fails(401)
    server.wait_for("spent refresh token")
    assert server.stop() == 0
    said = server.log()
    secrets = (PASSWORD, wrong, signed.access, signed.refresh, signed.access.split(".")[2], asked, number)
    assert not [secret for secret in (*secrets, "Zimmermann", f'"{code}"', f" {code} ") if secret in said]


def test_without_its_variable_there_is_no_clock_to_move(server):
    assert ask(server.address, "POST", "/dev/clock", {"advance": "1s"}).status == 404
