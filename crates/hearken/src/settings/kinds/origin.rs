//! Origins that may call from a browser, as `cors_origins` lists them.

use hearken_transport::origin::Origin;

use super::Kind;
use crate::settings::raw::Raw;

impl Kind for Origin {
    const NAME: &'static str = "origin";

    fn parse(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn mend() -> String {
        "scheme, host and, if need be, a port, with nothing behind, such as https://app.example".to_owned()
    }
}
