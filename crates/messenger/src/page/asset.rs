//! The files of the page, as they are built in.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

/// One file.
pub(super) struct Asset {
    /// Its name under `/chat/assets/`.
    pub(super) name: &'static str,
    /// Its media type.
    pub(super) kind: &'static str,
    /// What is in it.
    pub(super) text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The document, which stands at the page's places and has no name among the assets.
pub(super) const PAGE: Asset =
    Asset { name: "", kind: "text/html; charset=utf-8", text: include_str!("page.html") };

/// Everything that the document asks for.
pub(super) const ASSETS: [Asset; 12] = [
    Asset { name: "page.css", kind: "text/css; charset=utf-8", text: include_str!("page.css") },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: include_str!("icon.svg") },
    Asset { name: "main.js", kind: SCRIPT, text: include_str!("main.js") },
    Asset { name: "words.js", kind: SCRIPT, text: include_str!("words.js") },
    Asset { name: "account.js", kind: SCRIPT, text: include_str!("account.js") },
    Asset { name: "door.js", kind: SCRIPT, text: include_str!("door.js") },
    Asset { name: "keep.js", kind: SCRIPT, text: include_str!("keep.js") },
    Asset { name: "line.js", kind: SCRIPT, text: include_str!("line.js") },
    Asset { name: "post.js", kind: SCRIPT, text: include_str!("post.js") },
    Asset { name: "stamp.js", kind: SCRIPT, text: include_str!("stamp.js") },
    Asset { name: "talk.js", kind: SCRIPT, text: include_str!("talk.js") },
    Asset { name: "view.js", kind: SCRIPT, text: include_str!("view.js") },
];

/// The file of this name.
pub(super) fn named(name: &str) -> Option<&'static Asset> {
    const KEPT: &[Asset] = &ASSETS;
    KEPT.iter().find(|asset| asset.name == name)
}

impl Asset {
    /// What tells this text from any other.
    pub(super) fn tag(&self) -> String {
        let mut hasher = SipHasher13::new();
        hasher.write(self.text.as_bytes());
        format!("\"{:016x}\"", hasher.finish())
    }
}
