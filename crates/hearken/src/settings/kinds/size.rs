//! Amounts of data as settings write them: `512B`, `64KiB`, `15MiB`, `2GiB`.

use super::Kind;
use crate::settings::raw::Raw;

/// The units, largest first, in bytes.
const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// An amount of data, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(
    /// The number of bytes.
    pub u64,
);

impl Kind for Size {
    const NAME: &'static str = "size";

    fn parse(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(*bytes).map(Self)
    }

    fn show(&self) -> String {
        match UNITS.iter().find(|(_, unit)| self.0.is_multiple_of(*unit)) {
            Some((name, unit)) if self.0 > 0 => format!("{}{name}", self.0 / unit),
            _ => "0B".to_owned(),
        }
    }

    fn mend() -> String {
        "a number with a unit, such as 512B, 64KiB, 15MiB or 2GiB".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_binary_units() {
        let cases: &[(&str, Option<u64>)] = &[
            ("0B", Some(0)),
            ("512B", Some(512)),
            ("64KiB", Some(65_536)),
            ("15MiB", Some(15_728_640)),
            ("2GiB", Some(2_147_483_648)),
            ("17179869184GiB", None),
            ("15MB", None),
            ("15", None),
            ("15 MiB", None),
            ("1.5MiB", None),
            ("-1B", None),
            ("MiB", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = Size::parse(&Raw::Untyped((*text).to_owned()));
            assert_eq!(read, expected.map(Size), "{text:?}");
            if let Some(size) = read {
                assert_eq!(size.show(), *text);
            }
        }
    }
}
