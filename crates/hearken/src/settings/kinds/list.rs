//! Lists: an array in the file, a JSON array in a variable.

use super::Kind;
use crate::settings::raw::Raw;

impl<T: Kind> Kind for Vec<T> {
    const NAME: &'static str = "list";
    const SECRET: bool = T::SECRET;

    fn parse(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::List(items) => items.iter().map(T::parse).collect(),
            Raw::Untyped(text) => match Raw::from_json(text)? {
                list @ Raw::List(_) => Self::parse(&list),
                _ => None,
            },
            _ => None,
        }
    }

    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(T::show).collect();
        format!("[{}]", items.join(", "))
    }

    fn mend() -> String {
        format!(r#"a list such as ["a", "b"] (as JSON in a variable), each item {}"#, T::mend())
    }
}
