//! Whole numbers, truth values, text and paths.

use std::path::PathBuf;

use super::Kind;
use crate::settings::raw::Raw;

macro_rules! whole_number {
    ($($number:ty),+) => {$(
        impl Kind for $number {
            const NAME: &'static str = "integer";

            fn parse(raw: &Raw) -> Option<Self> {
                match raw {
                    // A sign or a blank is refused by asking for digits: `parse` alone would take "+5".
                    Raw::Untyped(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
                    Raw::Integer(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }

            fn show(&self) -> String {
                self.to_string()
            }

            fn mend() -> String {
                "a whole number, such as 20".to_owned()
            }
        }
    )+};
}

whole_number!(u32, u64, usize);

impl Kind for bool {
    const NAME: &'static str = "bool";

    fn parse(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Bool(value) => Some(*value),
            Raw::Untyped(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn mend() -> String {
        "true or false".to_owned()
    }
}

impl Kind for String {
    const NAME: &'static str = "string";

    fn parse(raw: &Raw) -> Option<Self> {
        raw.text().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn show(&self) -> String {
        self.clone()
    }

    fn mend() -> String {
        "some text".to_owned()
    }
}

impl Kind for PathBuf {
    const NAME: &'static str = "path";

    fn parse(raw: &Raw) -> Option<Self> {
        // The kernel refuses a zero byte in a path, with a message that names no setting.
        raw.text().filter(|text| !text.is_empty() && !text.contains('\0')).map(Self::from)
    }

    fn show(&self) -> String {
        self.display().to_string()
    }

    fn mend() -> String {
        "a path, such as ./data or /var/lib/hearken".to_owned()
    }
}
