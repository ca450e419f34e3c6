//! docs/settings.md is made from the table of settings; this keeps the two equal.
//! `UPDATE_DOCS=1` writes the page anew.

use std::path::Path;

use hearken::settings::settings_markdown;

#[test]
fn the_reference_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = settings_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/settings.md differs from the table of settings: run `UPDATE_DOCS=1 cargo test -p hearken --test settings_reference`"
    );
}
