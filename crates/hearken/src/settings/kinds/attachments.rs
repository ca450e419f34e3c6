//! Where attachments are kept: a folder, or a bucket.

use std::path::PathBuf;

use hearken_store::attachments::AttachmentPlace;

use super::Kind;
use crate::settings::raw::Raw;

/// What a bucket's address begins with.
const S3: &str = "s3://";

impl Kind for AttachmentPlace {
    const NAME: &'static str = "place";

    fn parse(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        match text.strip_prefix(S3) {
            Some(rest) => bucket(rest),
            // Another store's address is no folder that anybody wants.
            None if text.contains("://") => None,
            None => PathBuf::parse(raw).map(Self::Folder),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn mend() -> String {
        "a folder, such as /var/lib/hearken/attachments, or s3://bucket/prefix".to_owned()
    }
}

fn bucket(rest: &str) -> Option<AttachmentPlace> {
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_end_matches('/');
    let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let in_prefix = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let sound = (3..=63).contains(&name.len())
        && name.bytes().all(in_name)
        && prefix.len() <= 200
        && prefix.bytes().all(in_prefix)
        && (prefix.is_empty() || prefix.split('/').all(|part| !["", ".", ".."].contains(&part)));
    sound.then(|| AttachmentPlace::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let check = |text: &str, expect: Option<&str>| {
            let read = AttachmentPlace::parse(&Raw::String(text.to_owned()));
            assert_eq!(read.map(|place| place.show()).as_deref(), expect, "{text:?}");
        };
        for same in
            ["./attachments", "/var/lib/x", "s3", "s3:", "s3:/care/x", "s3://care", "s3://care/a/b-c_d.e"]
        {
            check(same, Some(same));
        }
        check("s3://care/", Some("s3://care"));
        check("s3://care/a//", Some("s3://care/a"));
        for wrong in [
            "",
            "s3://",
            "s3://ab",
            "s3://Care",
            "s3://key:word@care",
            "s3:///care",
            "s3://care//a",
            "s3://care/a//b",
            "s3://care/../x",
            "s3://care/a b",
            "s3://care?region=x",
            "gs://care",
            "https://care.s3.amazonaws.com",
            "file:///var",
        ] {
            check(wrong, None);
        }
    }
}
