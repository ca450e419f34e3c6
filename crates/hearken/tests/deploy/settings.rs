//! The example settings.

use hearken::settings::{Settings, Sources};

use crate::file;

const EXAMPLE: &str = "deploy/hearken.toml";

fn read(text: String) -> Settings {
    let sources = Sources { file: Some((EXAMPLE.into(), text)), ..Sources::default() };
    sources.resolve().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_example_loads_with_and_without_what_it_leaves_out() {
    let text = file(EXAMPLE);
    let as_it_is = read(text.clone());
    assert_eq!(as_it_is.database_url, None);
    // A line of prose has blanks before any `=`.
    let is_setting = |line: &&str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let left_out: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_setting).collect();
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    let whole = read(text.replace("# database_url", "database_url").replace("# bus_url", "bus_url"));
    assert_eq!(whole.database_url.map(|url| url.place().to_owned()).as_deref(), Some("db.example:5432"));
    assert_eq!(whole.bus_url.map(|url| url.place().to_owned()).as_deref(), Some("bus.example:4222"));
    let bucket = read(text.replace("# attachments", "attachments")).attachments.expect("one is set");
    assert_eq!(bucket.to_string(), "s3://hearken-attachments/care");
}
