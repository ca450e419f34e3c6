//! Properties: nothing a client sends breaks the reader, and what it says is kept to the letter.

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::stored::Side;
use crate::wire::{Asked, StaffAsks, VisitorAsks, ack};

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("room".to_owned()),
        Just("content".to_owned()),
        Just("severity_level".to_owned()),
        Just("tags".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        Just(Value::from("0191f3a0c0de70008000000000000001")),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "visitor_first_msg",
            "visitor_msg",
            "visitor_leave_room",
            "staff_join",
            "staff_msg",
            "chat_tags",
            "chat_note",
            "change_chat_priority",
            "user_typing_send",
            "take_over_chat",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_event_is_understood_or_refused(
        name in any_name(),
        given in prop::collection::vec(any_json(), 0..3),
        binary: bool,
        visits: bool,
    ) {
        let args = super::args(&Value::from(given).to_string());
        let side = if visits { Side::Visitor } else { Side::Staff };
        if let Err(fault) = Asked::read(&name, &args, binary, side) {
            let said: (bool, String) = serde_json::from_str(&ack(Err(&fault))).unwrap();
            prop_assert_eq!(said, (false, fault.to_string()));
        }
    }

    #[test]
    fn what_is_said_is_kept_to_the_letter(content in any_json(), spaced: bool) {
        let text = if spaced { serde_json::to_string_pretty(&content) } else { serde_json::to_string(&content) }.unwrap();
        let said: Box<RawValue> = RawValue::from_string(text.clone()).unwrap();
        let wrapped = json!({"room": "0191f3a0c0de70008000000000000001"}).to_string();
        let wrapped = format!(r#"{},"content":{text}}}"#, &wrapped[..wrapped.len() - 1]);
        let holds = content.as_object().is_some_and(|fields| !fields.is_empty());
        match Asked::read("visitor_msg", &[said], false, Side::Visitor) {
            Ok(Asked::Visitor(VisitorAsks::Say(kept))) => prop_assert!(holds && kept.json() == text),
            other => prop_assert!(!holds, "{other:?}"),
        }
        match Asked::read("staff_msg", &super::args(&format!("[{wrapped}]")), false, Side::Staff) {
            Ok(Asked::Staff(_, StaffAsks::Say(kept))) => prop_assert!(holds && kept.json() == text),
            other => prop_assert!(!holds, "{other:?}"),
        }
    }
}
