"""What a person changes about himself, and how admins keep the accounts of their own organisation."""

import json

import pytest
from harness.http import Api
from harness.sign_in import PASSWORD, add, login

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FIELDS = {
    "id",
    "organisation_id",
    "name",
    "last_name",
    "display_name",
    "email",
    "phone",
    "roles",
    "disabled",
    "created_at",
    "updated_at",
}


@pytest.fixture
def admin(server, email) -> Api:
    """An admin of the organisation that everybody else here is in."""
    return Api(server, server.token(add(server, "--email", email(), role="admin")["id"]))


def test_a_person_changes_his_own_name_and_nothing_else(server, email):
    mine = email()
    account = add(server, "--email", mine, "--name", "Ana")
    ana = login(server, mine).api

    not_his = {
        "last_name": "B",
        "email": "x@example.org",
        "phone": "9999999999",
        "roles": ["admin"],
        "disabled": True,
        "password": "battery staple",
        "id": account["id"],
        "organisation_id": account["organisation_id"],
        "created_at": account["created_at"],
        "updated_at": None,
    }
    ana.patch("/me", {"name": "Eve"} | not_his).fails(400, *not_his)
    assert ana.get("/me").data == account
    changed = ana.patch("/me", {"name": "Ánna", "display_name": "A."})
    assert changed.data == account | {
        "name": "Ánna",
        "display_name": "A.",
        "updated_at": changed.data["updated_at"],
    }
    assert changed.data["updated_at"] > account["updated_at"]
    assert ana.get("/me").data == changed.data
    assert ana.patch("/me", {"display_name": None}).data["display_name"] is None
    ana.patch("/me", {"name": 7, "display_name": "x" * 201}).fails(400, "name", "display_name")
    ana.patch("/me", {"name": "", "display_name": " \u2003"}).fails(400, "name", "display_name")
    Api(server).patch("/me", {"name": "Eve"}).fails(401)


def test_an_admin_makes_shows_changes_and_disables(server, admin, email, phone):
    mine, number = email(), phone()
    written = {
        "name": "Budi",
        "last_name": "Santoso",
        "display_name": "B.",
        "email": mine.upper(),
        "phone": f"+{number[:3]}-{number[3:]}",
        "roles": ["client", "agent"],
        "password": PASSWORD,
    }
    made = admin.post("/accounts", written)
    assert made.status == 201
    budi = made.data
    assert set(budi) == FIELDS
    kept = {name: budi[name] for name in ("name", "last_name", "display_name", "email", "phone", "disabled")}
    assert kept == {
        "name": "Budi",
        "last_name": "Santoso",
        "display_name": "B.",
        "email": mine,
        "phone": number,
        "disabled": False,
    }
    assert sorted(budi["roles"]) == ["agent", "client"]
    assert budi["organisation_id"] == admin.get("/me").data["organisation_id"]
    path = f"/accounts/{budi['id']}"
    assert admin.get(path).data == budi

    signed = login(server, mine)
    changed = admin.patch(path, {"last_name": None, "roles": ["supervisor"]}).data
    assert (changed["last_name"], changed["roles"], changed["name"]) == (None, ["supervisor"], "Budi")
    assert signed.api.get("/me").data == changed
    assert admin.patch(path, {"password": "another battery"}).status == 200
    signed.api.get("/me").fails(401)
    Api(server).post("/auth/login", {"email": mine, "password": PASSWORD}).fails(401)
    again = login(server, mine, "another battery")
    assert admin.patch(path, {"disabled": True}).data["disabled"] is True
    again.api.get("/me").fails(401)
    Api(server).post("/auth/login", {"email": mine, "password": "another battery"}).fails(401)
    assert admin.patch(path, {"disabled": False}).data["disabled"] is False
    login(server, mine, "another battery")


def test_every_field_that_is_wrong_is_named(admin, email, phone):
    for wrong in (
        {"name": 1, "last_name": [], "display_name": "", "email": "nowhere", "phone": "123"},
        {"roles": ["king"], "disabled": "no", "password": "short"},
        {"name": "x" * 201, "email": "x" * 200 + "@x", "password": "x" * 201},
        {"roles": "admin"},
        {"name": " ", "last_name": "   ", "display_name": "\u2003"},
        {"name": "a\0b", "last_name": "a\nb", "email": "a\0@b"},
    ):
        admin.post("/accounts", wrong).fails(400, *wrong)
    made = admin.post("/accounts", {"email": email(), "phone": phone()}).data
    admin.patch(f"/accounts/{made['id']}", {"phone": "12345678901234567", "name": {}}).fails(400, "phone", "name")
    assert admin.get(f"/accounts/{made['id']}").data == made


def test_an_address_and_a_number_belong_to_one(admin, email, phone):
    mine, number = email(), phone()
    first = admin.post("/accounts", {"email": mine, "phone": number}).data
    admin.post("/accounts", {"email": mine.upper()}).fails(409, "email")
    admin.post("/accounts", {"phone": f"({number})"}).fails(409, "phone")
    other = admin.post("/accounts", {"email": email()}).data
    admin.patch(f"/accounts/{other['id']}", {"phone": number}).fails(409, "phone")
    admin.patch(f"/accounts/{other['id']}", {"email": mine}).fails(409, "email")
    # One's own is not taken.
    assert admin.patch(f"/accounts/{first['id']}", {"email": mine, "phone": number}).status == 200
    # What is given up can be taken.
    assert admin.patch(f"/accounts/{first['id']}", {"phone": None}).data["phone"] is None
    assert admin.patch(f"/accounts/{other['id']}", {"phone": number}).data["phone"] == number


def test_only_admins_keep_accounts(server, admin, email):
    target = admin.post("/accounts", {"email": email()}).data
    roles = ["supervisor", "agent", "psychologist", "client", "student", "employee", "therapist", "participant"]
    everybody = [add(server, role=role, password=None) for role in [*roles, "visitor"]]
    for account in everybody:
        api = Api(server, server.token(account["id"]))
        api.get("/accounts").fails(403)
        api.post("/accounts", {"name": "Eve", "roles": ["admin"]}).fails(403)
        for path in (f"/accounts/{target['id']}", f"/accounts/{account['id']}", f"/accounts/{ID}"):
            api.get(path).fails(403)
            api.patch(path, {"roles": ["admin"]}).fails(403)
    nobody = Api(server)
    for answer in (nobody.get("/accounts"), nobody.post("/accounts"), nobody.get(f"/accounts/{target['id']}")):
        answer.fails(401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_another_organisation_does_not_exist(server, admin, email, phone):
    elsewhere = json.loads(server.command("organisation", "add", f"Elsewhere {phone()}"))["id"]
    theirs = add(server, "--organisation", elsewhere, "--email", email(), role="admin")
    stranger = Api(server, server.token(theirs["id"]))
    ours = admin.post("/accounts", {"email": email(), "roles": ["client"]}).data

    for api, other in ((stranger, ours["id"]), (admin, theirs["id"]), (admin, ID), (admin, "nobody"), (admin, "%00")):
        api.get(f"/accounts/{other}").fails(404)
        api.patch(f"/accounts/{other}", {"name": "Eve"}).fails(404)
    assert [account["id"] for account in stranger.get("/accounts").data] == [theirs["id"]]
    for other in (ours["organisation_id"], "nowhere", 7):
        stranger.post("/accounts", {"name": "Cici", "organisation_id": other}).fails(400, "organisation_id")
        stranger.patch(f"/accounts/{theirs['id']}", {"organisation_id": other}).fails(400, "organisation_id")
    made = stranger.post("/accounts", {"name": "Cici", "organisation_id": elsewhere}).data
    assert made["organisation_id"] == elsewhere
    # An address is one person's across organisations.
    stranger.post("/accounts", {"email": ours["email"]}).fails(409, "email")
    assert admin.get(f"/accounts/{ours['id']}").data == ours


def test_nobody_shuts_himself_out(server, admin):
    me = admin.get("/me").data
    path = f"/accounts/{me['id']}"
    admin.patch(path, {"disabled": True}).fails(400)
    admin.patch(path, {"roles": ["agent"]}).fails(400)
    assert admin.patch(path, {"roles": ["agent", "admin"]}).status == 200
