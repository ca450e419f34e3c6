"""Signing in by a code in a text message, and all limits on asking for codes and guessing them."""

import pytest
from harness.http import Api
from harness.sign_in import add, signed_in


def asking(number: str, name: str = "Müller") -> dict:
    return {"phone": number, "last_name": name}


@pytest.fixture
def server(serve, messages):
    """A server whose clock the story moves, and whose messages arrive at a stand-in."""
    sms = {"HEARKEN_SMS__PROVIDER": "webhook", "HEARKEN_SMS__URL": messages.url}
    return serve(HEARKEN_DEV_CLOCK="1", **sms)


@pytest.fixture
def number(server, phone) -> str:
    """The number of Ana Müller."""
    mine = phone()
    add(server, "--phone", mine, "--name", "Ana", "--last-name", "Müller", password=None)
    return mine


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def challenge(server, number: str, name: str = "Müller") -> str:
    """Asks for a code, which is on its way then."""
    data = Api(server).post("/auth/otp/request", asking(number, name)).data
    assert set(data) == {"challenge", "resend_after_s"} and data["resend_after_s"] == 60, data
    return data["challenge"]


def test_a_code_signs_in_once(server, messages, number):
    api = Api(server)
    # As people write it.
    asked = challenge(server, f"+{number[:4]} {number[4:]}", " MULLER")
    code = messages.code(number)
    api.post("/auth/otp/verify", {"challenge": asked, "code": other_than(code)}).fails(401)
    api.post("/auth/otp/verify", {"challenge": "x" + asked, "code": code}).fails(401)
    ana = signed_in(server, api.post("/auth/otp/verify", {"challenge": asked, "code": code}))
    assert (ana.account["phone"], ana.api.get("/me").data["phone"]) == (number, number)
    api.post("/auth/otp/verify", {"challenge": asked, "code": code}).fails(401)
    signed_in(server, api.post("/auth/refresh", {"refresh_token": ana.refresh}))
    api.post("/auth/otp/verify", {"challenge": 1}).fails(400, "challenge", "code")
    api.post("/auth/otp/request", {"phone": "123"}).fails(400, "phone", "last_name")
    api.post("/auth/otp/request", asking("123")).fails(400, "phone")


def test_a_code_is_in_the_log_where_nobody_delivers(serve, phone):
    server, mine = serve(), phone()
    add(server, "--phone", mine, "--last-name", "Budi", password=None)
    asked = challenge(server, mine, "budi")
    code = server.wait_for(rf"text message to {mine}: \D*(\d{{6}})\D").group(1)
    signed_in(server, Api(server).post("/auth/otp/verify", {"challenge": asked, "code": code}))


def test_a_code_ends_after_ten_minutes_also_across_a_restart(server, messages, number):
    def verify(asked: str, code: str):
        return Api(server).post("/auth/otp/verify", {"challenge": asked, "code": code})

    early = challenge(server, number)
    code = messages.code(number)
    server.move_clock("9m")
    server.kill()
    server.start()
    server.move_clock("9m")
    signed_in(server, verify(early, code))
    late = challenge(server, number)
    code = messages.code(number)
    server.move_clock("10m")
    verify(late, code).fails(401)


def test_five_wrong_tries_end_a_code_also_across_a_restart(server, messages, number):
    def verify(code: str):
        return Api(server).post("/auth/otp/verify", {"challenge": asked, "code": code})

    asked = challenge(server, number)
    code = messages.code(number)
    for _ in range(4):
        verify(other_than(code)).fails(401)
    server.kill()
    server.start()
    verify(other_than(code)).fails(401)
    verify(code).fails(401)


def test_four_wrong_tries_do_not_end_it(server, messages, number):
    asked = challenge(server, number)
    code = messages.code(number)
    for _ in range(4):
        Api(server).post("/auth/otp/verify", {"challenge": asked, "code": other_than(code)}).fails(401)
    signed_in(server, Api(server).post("/auth/otp/verify", {"challenge": asked, "code": code}))


def test_a_number_gets_one_a_minute_and_three_an_hour(server, messages, number):
    def slowed(at_least: int, at_most: int):
        answer = Api(server).post("/auth/otp/request", asking(number)).fails(429)
        assert at_least <= int(answer.headers["Retry-After"]) <= at_most, answer.headers["Retry-After"]

    first = challenge(server, number)
    code = messages.code(number)
    slowed(40, 60)
    server.move_clock("61s")
    challenge(server, number)
    slowed(40, 60)
    server.move_clock("61s")
    challenge(server, number)
    # The hour counts from the first of the three, and it has gone on for two minutes.
    slowed(3400, 3478)
    server.move_clock("61s")
    slowed(3300, 3417)
    Api(server).post("/auth/otp/request", asking(number, "Nobody")).fails(429)
    # An earlier code is as good as a later one.
    signed_in(server, Api(server).post("/auth/otp/verify", {"challenge": first, "code": code}))
    server.move_clock("58m")
    challenge(server, number)


def test_the_limits_outlive_a_restart(server, messages, number):
    at = "2030-01-05T09:0{}:00Z"
    for minute in range(3):
        server.set_clock(at.format(2 * minute))
        challenge(server, number)
    server.kill()
    server.start()
    server.set_clock(at.format(6))
    answer = Api(server).post("/auth/otp/request", asking(number)).fails(429)
    assert 3200 < int(answer.headers["Retry-After"]) <= 54 * 60
    # Those who asked for nothing are not kept waiting.
    challenge(server, "1" + number)


def test_nobody_learns_who_is_known_and_nothing_is_sent_to_others(server, messages, number, phone):
    unknown, stranger = phone(), phone()
    for who, name in ((number, "Muller x"), (unknown, "Müller"), (stranger, "")):
        asked = challenge(server, who, name)
        assert len(asked) >= 16
        Api(server).post("/auth/otp/request", asking(who, name)).fails(429)
        Api(server).post("/auth/otp/verify", {"challenge": asked, "code": "000000"}).fails(401)
    server.move_clock("61s")
    challenge(server, number)
    messages.code(number)
    # The one message there was went to the one who is known by both.
    assert messages.received.empty()


def test_a_place_gets_thirty_an_hour(server):
    for last in range(30):
        challenge(server, f"81234567{last:02}")
    answer = Api(server).post("/auth/otp/request", asking("8123456799")).fails(429)
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    server.move_clock("61m")
    challenge(server, "8123456799")
