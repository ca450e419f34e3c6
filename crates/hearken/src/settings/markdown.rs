//! docs/settings.md, made from the table of settings so that it cannot drift from it.

use std::fmt::Write as _;

use super::environment::{NOT_SETTINGS, name_of};
use super::field::{Definition, Table as _};
use super::table::Settings;

const HEAD: &str = "<!-- Generated from the table of settings by `UPDATE_DOCS=1 cargo test -p hearken --test settings_reference`. -->
# Settings

Every setting has a default, so `hearken serve` alone works. A setting is taken from the first of these that has it:

1. a flag of the command (`--listen`, `--data`),
2. the environment: `HEARKEN_` and the upper-cased key, with `__` between levels, such as `HEARKEN_LIMITS__PING_INTERVAL=10s`,
3. the file `hearken.toml` in the working directory, or the file named by `--config FILE`, which must then exist,
4. the default.

All of them are checked, also those that a stronger one hides. An unknown key, an unknown `HEARKEN_` variable or a bad
value stops the start with one line that names the key, the place and the mend.

```toml
listen = \"0.0.0.0:7070\"

[limits]
ping_interval = \"10s\"
```

A duration is a whole number with a unit: `ms`, `s`, `m`, `h` or `d`. A size is a whole number with `B`, `KiB`, `MiB` or
`GiB`. In the environment a list is given as JSON.

| key | variable | type | default | |
|---|---|---|---|---|
";

/// The page of reference for all settings, in Markdown.
pub fn settings_markdown() -> String {
    let mut page = HEAD.to_owned();
    for definition in Settings::definitions() {
        page.push_str(&row(&definition));
    }
    page.push_str("\n## Variables that are not settings\n\n| variable | |\n|---|---|\n");
    for (name, doc) in NOT_SETTINGS {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{name}` | {doc} |");
    }
    page
}

fn row(definition: &Definition) -> String {
    let Definition { key, kind, default, optional, bounds, doc } = definition;
    let default = if *optional { (*default).to_owned() } else { format!("`{default}`") };
    let kind = bounds.as_ref().map_or_else(|| (*kind).to_owned(), |bounds| format!("{kind}, {bounds}"));
    format!("| `{key}` | `{}` | {kind} | {default} | {doc} |\n", name_of(key))
}
