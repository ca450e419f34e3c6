"""Signing in as people do it: by password, by a code that arrives somewhere, as a guest."""

import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

from .http import Answer, Api
from .server import Server

PASSWORD = "correct horse battery"
PATIENCE = 10


@dataclass
class SignedIn:
    """What a sign-in gives: tokens, the account, and the cookie that it sets."""

    access: str
    refresh: str
    expires_in: int
    account: dict
    cookie: str
    api: Api


def signed_in(server: Server, answer: Answer) -> SignedIn:
    """The sign-in that an answer tells of."""
    data = answer.data
    assert set(data) == {"access_token", "refresh_token", "expires_in", "account"}, data
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"hearken_session={data['access_token']};"), cookie
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}, cookie
    access = data["access_token"]
    return SignedIn(
        access, data["refresh_token"], data["expires_in"], data["account"], cookie.split(";")[0], Api(server, access)
    )


def login(server: Server, email: str, password: str = PASSWORD) -> SignedIn:
    """Signs in by password."""
    return signed_in(server, Api(server).post("/auth/login", {"email": email, "password": password}))


def add(server: Server, *options: str, role: str = "participant", password: str | None = PASSWORD) -> dict:
    """Makes an account on the command line, with a password that it is given on its standard input."""
    more = ["--password-stdin"] if password is not None else []
    given = "" if password is None else password + "\n"
    return json.loads(server.command("account", "add", "--role", role, *options, *more, given=given))


def by_header(cookie: str, **headers: str) -> dict[str, str]:
    """The headers of a page that acts by cookie."""
    return {"Cookie": cookie} | headers


class Messages:
    """A stand-in for who delivers text messages: `sms.provider` `webhook`."""

    def __init__(self):
        self.received: Queue[dict] = Queue()
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            """Takes a message, and keeps it."""

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.put(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/sms"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def code(self, phone: str) -> str:
        """The code in the next message, which is to this number."""
        message = self.received.get(timeout=PATIENCE)
        assert set(message) == {"to", "body"} and message["to"] == phone, message
        [code] = re.findall(r"(?<!\d)\d{6}(?!\d)", message["body"])
        return code

    def close(self) -> None:
        """Stops delivering."""
        self.server.shutdown()
        self.server.server_close()
