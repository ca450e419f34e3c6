//! What is written, beside the seed's own samples: the same names in the same order, and values of the same kind.

use hearken_core::account::{Account, Role};
use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, OrganisationId};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::content::Content;
use crate::rows::{self, RowContent};
use crate::stored::RowType;
use crate::wire::{Contents, Hex, Room, Row, Told, User, written};

fn uuid(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("a uuid")
}

fn account(id: &str, name: &str, email: &str, roles: &[Role]) -> Account {
    Account {
        id: AccountId(uuid(id)),
        organisation_id: OrganisationId(uuid("bd9c4046763440769e3af30197a2482e")),
        name: Some(name.into()),
        last_name: None,
        display_name: None,
        email: Some(email.into()),
        phone: None,
        roles: roles.to_vec(),
        guest: false,
        disabled: false,
        created_at: from_millis(1_572_522_995_250),
        updated_at: from_millis(1_572_522_995_250),
    }
}

fn agent() -> Account {
    account("06274871777d40f387ab430da6b3aa08", "Agent 1", "agent1@gmail.com", &[Role::Agent])
}

fn visitor() -> Account {
    account("b25162f797fb4182b69d8b2141274525", "Visitor 2", "visitor2@gmail.com", &[Role::Visitor])
}

const AGENT: &str = concat!(
    r#"{"email":"agent1@gmail.com","created_at":1572522995,"full_name":"Agent 1","updated_at":null,"#,
    r#""id":"06274871777d40f387ab430da6b3aa08","display_name":null,"organisation_id":"bd9c4046763440769e3af30197a2482e","#,
    r#""disabled":false,"role_id":3}"#
);
const VISITOR: &str = concat!(
    r#"{"email":"visitor2@gmail.com","is_anonymous":false,"created_at":1572522995,"updated_at":null,"#,
    r#""name":"Visitor 2","id":"b25162f797fb4182b69d8b2141274525","disabled":false}"#
);
const ROOM: &str = concat!(
    r#"{"created_at":1572777087702,"id":"8dfffcfb3d7444cda5ae9cb7f447f767","severity_level":1,"tags":["vip"],"#,
    r#""updated_at":1572777088030,"visitor_id":"b25162f797fb4182b69d8b2141274525"}"#
);
const ROW: &str = concat!(
    r#"{"sender":null,"updated_at":null,"id":"37700da96bbc42258fae9c9bea28f277","#,
    r#""content":{"timestamp":1572526821849,"content":"Hello"},"chat_id":"8dfffcfb3d7444cda5ae9cb7f447f767","#,
    r#""created_at":1572526821,"type_id":1,"sequence_num":1}"#
);

#[test]
fn people_are_the_seeds() {
    assert_eq!(written(&crate::wire::Staff::from(&agent())), AGENT);
    assert_eq!(written(&crate::wire::Visitor::from(&visitor())), VISITOR);
    let guest = Account { name: None, email: None, guest: true, ..visitor() };
    let json = written(&crate::wire::Visitor::from(&guest));
    assert!(
        json.contains(r#""email":null,"is_anonymous":true"#) && json.contains(r#""name":null"#),
        "{json}"
    );
    let changed = Account {
        last_name: Some("Ono".into()),
        display_name: Some("A1".into()),
        updated_at: from_millis(1_572_523_000_999),
        ..agent()
    };
    let json = written(&crate::wire::Staff::from(&changed));
    let expect = [r#""full_name":"Agent 1 Ono""#, r#""updated_at":1572523000"#, r#""display_name":"A1""#];
    assert!(expect.iter().all(|part| json.contains(part)), "{json}");
}

fn content() -> Box<RawValue> {
    serde_json::from_str(r#"{"timestamp":1572526821849,"content":"Hello"}"#).expect("JSON")
}

/// The seed's row.
fn row() -> rows::Row {
    rows::Row {
        id: uuid("37700da96bbc42258fae9c9bea28f277"),
        chat: ConversationId(uuid("8dfffcfb3d7444cda5ae9cb7f447f767")),
        seq: 1,
        number: 1,
        sender: None,
        at: from_millis(1_572_526_821_900),
        row_type: RowType::Message,
        content: RowContent::Said(Content::new(content()).expect("content")),
    }
}

#[test]
fn an_event_carries_what_it_is_about() {
    let (agent, visitor) = (agent(), visitor());
    let tags = ["vip".to_owned()];
    let room = Room {
        created_at: 1_572_777_087_702,
        id: Hex(uuid("8dfffcfb3d7444cda5ae9cb7f447f767")),
        severity_level: 1,
        tags: &tags,
        updated_at: 1_572_777_088_030,
        visitor_id: Hex(visitor.id.0),
    };
    let (content, row) = (content(), row());
    let rows = || vec![Row::from(&row)];
    let check = |told: Told<'_>, expect: String| assert_eq!(told.argument(), expect);
    let user = || Some(User::Visitor((&visitor).into()));
    check(
        Told { user: user(), room: Some(room.clone()), content: Some(&content), ..Told::default() },
        format!(r#"{{"user":{VISITOR},"room":{ROOM},"content":{}}}"#, content.get()),
    );
    check(
        Told {
            user: user(),
            room: Some(room.clone()),
            contents: Some(Contents::Bare(vec![&content])),
            ..Told::default()
        },
        format!(r#"{{"user":{VISITOR},"room":{ROOM},"contents":[{}]}}"#, content.get()),
    );
    check(
        Told {
            user: Some(User::Staff((&agent).into())),
            visitor: Some((&visitor).into()),
            room: Some(room.clone()),
            contents: Some(Contents::Rows(rows())),
            ..Told::default()
        },
        format!(r#"{{"user":{AGENT},"visitor":{VISITOR},"room":{ROOM},"contents":[{ROW}]}}"#),
    );
    check(
        Told { user: user(), room: Some(room.clone()), staff: Some((&agent).into()), ..Told::default() },
        format!(r#"{{"user":{VISITOR},"room":{ROOM},"staff":{AGENT}}}"#),
    );
    check(
        Told { room: Some(room.clone()), messages: Some(rows()), ..Told::default() },
        format!(r#"{{"room":{ROOM},"messages":[{ROW}]}}"#),
    );
}

#[test]
fn a_row_says_what_it_is() {
    let check = |row_type, content: RowContent, expect: (u8, &str)| {
        let row = rows::Row { row_type, content, number: 7, ..row() };
        let json = written(&Row::from(&row));
        let expect =
            [format!(r#""content":{}"#, expect.1), format!(r#""type_id":{},"sequence_num":7"#, expect.0)];
        assert!(expect.iter().all(|part| json.contains(part)), "{json}");
    };
    check(RowType::System, RowContent::Line("join room"), (0, r#"{"content":"join room"}"#));
    let said = || RowContent::Said(Content::new(content()).expect("content"));
    check(RowType::Message, said(), (1, content().get()));
    check(RowType::Note, said(), (2, content().get()));
}
