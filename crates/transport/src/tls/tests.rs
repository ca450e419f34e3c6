//! Which files are taken, and which setting a refusal names.

use std::fs;

use rcgen::generate_simple_self_signed;

use super::*;

/// A certificate and its key, as PEM.
fn pair() -> (String, String) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let ((good_cert, good_key), (_, other_key)) = (pair(), pair());
    let check = |cert_text: Option<&str>, key_text: Option<&str>, expect: Result<(), &str>| {
        for (path, text) in [(&cert, cert_text), (&key, key_text)] {
            fs::remove_file(path).ok();
            if let Some(text) = text {
                fs::write(path, text).expect("written");
            }
        }
        let refused = Certificates::open(&cert, &key).err().map(|error| error.to_string());
        match (&refused, expect) {
            (None, Ok(())) => {}
            (Some(refused), Err(named)) => {
                let shows_key =
                    key_text.is_some_and(|key| refused.contains(key.lines().nth(1).unwrap_or("-")));
                assert!(refused.starts_with(named) && !refused.contains('\n') && !shows_key, "{refused}");
            }
            _ => panic!("{refused:?} for {cert_text:?} and {key_text:?}"),
        }
    };
    check(Some(&good_cert), Some(&good_key), Ok(()));
    let chain = format!("{good_cert}{}", pair().0);
    check(Some(&chain), Some(&good_key), Ok(()));
    check(None, Some(&good_key), Err("tls.cert: "));
    check(Some(""), Some(&good_key), Err("tls.cert: "));
    check(Some("no PEM"), Some(&good_key), Err("tls.cert: "));
    check(Some(&good_key), Some(&good_key), Err("tls.cert: "));
    check(Some(&good_cert.replace('M', "*")), Some(&good_key), Err("tls.cert: "));
    check(Some(&good_cert), None, Err("tls.key: "));
    check(Some(&good_cert), Some(""), Err("tls.key: "));
    check(Some(&good_cert), Some(&good_cert), Err("tls.key: "));
    check(Some(&good_cert), Some(&good_key.replace('M', "A")), Err("tls.key: "));
    check(Some(&good_cert), Some(&other_key), Err("tls.cert: "));
}

#[test]
fn what_cannot_be_read_again_leaves_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let write = |(cert_text, key_text): (&str, &str)| {
        fs::write(&cert, cert_text).and_then(|()| fs::write(&key, key_text)).expect("written");
    };
    let (first, second) = (pair(), pair());
    write((&first.0, &first.1));
    let certificates = Certificates::open(&cert, &key).expect("good files");
    let shown = || Arc::as_ptr(&certificates.current.read());
    let before = shown();
    write((&second.0, &first.1));
    assert!(matches!(certificates.reload(), Err(TlsError::Cert(_))));
    assert_eq!(shown(), before);
    write((&second.0, &second.1));
    assert_eq!(certificates.reload(), Ok(()));
    assert_ne!(shown(), before);
}
