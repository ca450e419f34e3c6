"""Plain HTTP as any client speaks it: the standard library's, one connection a request, and nothing done behind one's back."""

import json
from http.client import HTTPConnection
from typing import Any

# How long an answer may take before the story fails.
PATIENCE = 20

API = "/api/v1"


class Answer:
    """What came back."""

    def __init__(self, status: int, headers, body: bytes):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        """The body, read as JSON, which it must say it is."""
        assert self.headers.get("Content-Type") == "application/json", (self.status, self.headers.items(), self.body)
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What a success carries in its envelope."""
        body = self.json
        assert 200 <= self.status < 300 and body["success"] is True, (self.status, body)
        assert isinstance(body["message"], str) and body["message"], body
        return body["data"]

    def fails(self, status: int, *fields: str) -> "Answer":
        """This is a failure in its envelope, which blames these fields and no others."""
        body = self.json
        assert self.status == status, (self.status, body)
        expected = {"success", "message", "statusCode"} | ({"errors"} if fields else set())
        assert set(body) == expected, body
        assert body["success"] is False and body["statusCode"] == status, body
        assert isinstance(body["message"], str) and body["message"], body
        assert sorted(error["field"] for error in body.get("errors", [])) == sorted(fields), body
        assert all(error["message"] for error in body.get("errors", [])), body
        return self


def ask(
    address: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request: `body` goes as JSON, or as it is when it is bytes."""
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    connection = HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class Api:
    """The REST API of a server as one caller sees it, by token, by cookie or as nobody."""

    def __init__(self, server, token: str | None = None, headers: dict[str, str] | None = None):
        self.server = server
        self.token = token
        self.headers = headers or {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.ask("PATCH", path, body, **headers)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request under the API; a header `Idempotency_Key` is written with a hyphen."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(
            self.server.address, method, API + path, body, token=self.token, headers=self.headers | given
        )
