"""The web app's cookie: it reads for any page, and changes or opens sockets only for pages that are known."""

import pytest
from harness.http import Api
from harness.sign_in import add, by_header, login
from websockets.exceptions import InvalidStatus

LISTED = "https://app.example"


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    """A server that pages of another origin may call."""
    from harness.server import Server

    server = Server(tmp_path_factory.mktemp("browsed") / "data", {"HEARKEN_CORS_ORIGINS": f'["{LISTED}"]'})
    server.start()
    yield server
    server.kill()


def test_a_cookie_reads_from_anywhere_and_changes_from_known_pages_alone(browsed, email):
    mine = email()
    add(browsed, "--email", mine)
    cookie = login(browsed, mine).cookie
    own = f"http://{browsed.address}"

    def change(**headers: str):
        api = Api(browsed, headers=by_header(cookie, **headers))
        return api.patch("/me", {"display_name": headers.get("Origin", "nobody")})

    assert Api(browsed, headers=by_header(cookie)).get("/me").status == 200
    assert Api(browsed, headers=by_header(cookie, Origin="https://evil.example")).get("/me").status == 200
    for known in (own, LISTED):
        assert change(Origin=known).data["display_name"] == known
    for foreign in ("https://evil.example", f"{own}.evil.example", "https://app.example:8443", "null", ""):
        change(Origin=foreign).fails(403)
    change().fails(403)
    for path in ("/auth/logout", "/auth/password", "/accounts"):
        Api(browsed, headers=by_header(cookie, Origin="https://evil.example")).post(path).fails(403)
    assert Api(browsed, headers=by_header(cookie)).get("/me").data["display_name"] == LISTED
    # Nor does a cookie heal a bad header.
    Api(browsed, "nonsense", by_header(cookie, Origin=own)).get("/me").fails(401)


def test_an_upgrade_by_cookie_needs_a_known_page(browsed, connect, email, phone):
    mine, number = email(), phone()
    add(browsed, "--email", mine, "--phone", number)
    ana = login(browsed, mine)
    path = f"/ws/chat/special/{number}/"

    for known in (f"http://{browsed.address}", LISTED):
        assert connect(browsed, path, Cookie=ana.cookie, Origin=known).fetch(number) == [[]]
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        with pytest.raises(InvalidStatus) as refusal:
            connect(browsed, path, Cookie=ana.cookie, **foreign)
        assert refusal.value.response.status_code == 403
    # Who writes the token into the request himself needs no page.
    evil = {"Origin": "https://evil.example"}
    assert connect(browsed, f"{path}?access_token={ana.access}", **evil).fetch(number) == [[]]
    assert connect(browsed, path, Authorization=f"Bearer {ana.access}", **evil).fetch(number) == [[]]


def test_a_token_in_the_address_opens_sockets_and_nothing_else(browsed, connect, email, phone):
    mine, number = email(), phone()
    add(browsed, "--email", mine, "--phone", number)
    ana = login(browsed, mine)
    assert connect(browsed, f"/ws/chat/special/{number}/?access_token={ana.access}").fetch(number) == [[]]
    Api(browsed).get(f"/me?access_token={ana.access}").fails(401)


def test_signing_out_by_cookie_takes_it_away(browsed, email):
    mine = email()
    add(browsed, "--email", mine)
    cookie = login(browsed, mine).cookie
    page = Api(browsed, headers=by_header(cookie, Origin=f"http://{browsed.address}"))
    gone = page.post("/auth/logout").headers["Set-Cookie"]
    assert gone.startswith("hearken_session=;") and "Max-Age=0" in gone
    page.get("/me").fails(401)


def test_listed_origins_may_call_and_others_are_told_nothing(browsed):
    def told(method: str, origin: str, **headers: str) -> dict:
        answer = Api(browsed).ask(method, "/auth/login", b"", Origin=origin, **headers)
        found = {name.lower(): value for name, value in answer.headers.items()}
        assert "origin" in found.get("vary", "").lower()
        return {"status": answer.status} | {
            name.removeprefix("access-control-"): value for name, value in found.items() if "access-control" in name
        }

    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,idempotency-key"}
    preflight = told("OPTIONS", LISTED, **asked)
    assert preflight["status"] in (200, 204)
    assert (preflight["allow-origin"], preflight["allow-credentials"]) == (LISTED, "true")
    assert "POST" in preflight["allow-methods"] and "PATCH" in preflight["allow-methods"]
    allowed = preflight["allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    actual = told("POST", LISTED, Content_Type="text/plain")
    assert (actual["status"], actual["allow-origin"]) == (415, LISTED)
    assert "retry-after" in actual["expose-headers"].lower()
    for other in ("https://evil.example", "null", "http://app.example"):
        assert "allow-origin" not in told("OPTIONS", other, **asked)
        assert "allow-origin" not in told("POST", other)
