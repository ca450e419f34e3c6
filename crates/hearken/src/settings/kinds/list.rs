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
        format!("a list such as {} (as JSON in a variable), each item {}", T::LIST, T::mend())
    }

    fn fault(raw: &Raw) -> Option<String> {
        match raw {
            Raw::List(items) => {
                let mut faults = items.iter().enumerate().filter(|(_, item)| T::parse(item).is_none());
                let (index, item) = faults.next()?;
                T::fault(item).map(|fault| format!("wrong in item {}, where {fault}", index + 1))
            }
            Raw::Untyped(text) => match Raw::from_json(text)? {
                list @ Raw::List(_) => Self::fault(&list),
                _ => None,
            },
            _ => None,
        }
    }
}
