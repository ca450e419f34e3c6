//! Where a token is found, and by which pages a cookie may be used.

use std::time::Duration;

use http::header::{COOKIE, HOST, ORIGIN};

use super::*;

const OWN: &str = "hearken.example";

fn credentials(tls: bool) -> Credentials {
    let origin = |text: &str| text.parse().expect("an origin");
    Credentials::new(Some(origin("http://public.example")), vec![origin("https://app.example")], tls)
}

fn request(method: &str, uri: &str, headers: &[(http::HeaderName, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri).header(HOST, OWN);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

#[test]
fn a_token_is_found_in_the_header_or_the_query() {
    /// What a handshake shows; and a plain request, which does not look at its query.
    #[track_caller]
    fn check(uri: &str, header: Option<&str>, expect: Option<&str>) {
        let headers: Vec<_> = header.map(|value| (AUTHORIZATION, value)).into_iter().collect();
        let parts = request("GET", uri, &headers);
        let credentials = credentials(false);
        assert_eq!(credentials.of_handshake(&parts).ok().as_deref(), expect, "{uri} {header:?}");
        let plain = header.and(expect);
        assert_eq!(credentials.of_request(&parts).ok().as_deref(), plain, "{uri} {header:?}");
    }
    check("/", None, None);
    check("/", Some("Bearer abc"), Some("abc"));
    check("/", Some("bearer  abc "), Some("abc"));
    check("/", Some("Basic abc"), None);
    check("/", Some("Bearer "), None);
    check("/", Some("abc"), None);
    check("/?access_token=q.w.e", None, Some("q.w.e"));
    check("/?a=b&access_token=q&c", None, Some("q"));
    check("/?access_token=", None, None);
    check("/?access_token=q", Some("Bearer abc"), Some("abc"));
    check("/?access_token=q", Some("Basic abc"), None);
    check("/?token=q", None, None);
}

#[test]
fn some_handshakes_take_a_token_without_its_scheme() {
    #[track_caller]
    fn check(uri: &str, header: &str, expect: Option<&str>) {
        let parts = request("GET", uri, &[(AUTHORIZATION, header)]);
        assert_eq!(credentials(false).of_bare_handshake(&parts).ok().as_deref(), expect, "{uri} {header:?}");
    }
    check("/", "Bearer abc", Some("abc"));
    check("/", "a.b-c", Some("a.b-c"));
    check("/", " abc ", Some("abc"));
    check("/?access_token=q", "abc", Some("abc"));
    for none in ["", "Bearer", "bearer ", "Basic abc", "a b", "a\tb"] {
        check("/?access_token=q", none, None);
    }
    // Where nothing stands in the header, it is as on any handshake.
    let parts = request("GET", "/?access_token=q", &[]);
    assert_eq!(credentials(false).of_bare_handshake(&parts).as_deref(), Ok("q"));
    let parts = request("GET", "/", &[(COOKIE, "hearken_session=a")]);
    assert_eq!(credentials(false).of_bare_handshake(&parts), Err(Unshown::ForeignOrigin));
}

#[test]
fn a_token_is_found_in_the_cookie_unless_something_else_is_shown() {
    #[track_caller]
    fn check(cookies: &[&str], others: &[(http::HeaderName, &str)], expect: Option<&str>) {
        let mut headers: Vec<_> = cookies.iter().map(|cookie| (COOKIE, *cookie)).collect();
        headers.extend_from_slice(others);
        let found = credentials(false).of_request(&request("GET", "/", &headers));
        assert_eq!(found, expect.map(ToOwned::to_owned).ok_or(Unshown::Nothing), "{headers:?}");
    }
    check(&["hearken_session=a.b.c"], &[], Some("a.b.c"));
    check(&["x=1; hearken_session=a; y=2"], &[], Some("a"));
    check(&["x=1", "hearken_session=a"], &[], Some("a"));
    check(&["hearken_session=a; hearken_session=b"], &[], Some("a"));
    check(&["hearken_session=\"a\""], &[], Some("a"));
    for nothing in [
        "hearken_session=",
        "hearken_session",
        "xhearken_session=a",
        "hearken_session2=a",
        ";;=;",
        "\u{e9}=a",
    ] {
        check(&[nothing], &[], None);
    }
    check(&["hearken_session=a"], &[(AUTHORIZATION, "Bearer b")], Some("b"));
    check(&["hearken_session=a"], &[(AUTHORIZATION, "Basic b")], None);
    let parts = request(
        "GET",
        "/?access_token=q",
        &[(COOKIE, "hearken_session=a"), (ORIGIN, "https://evil.example")],
    );
    assert_eq!(credentials(false).of_handshake(&parts).as_deref(), Ok("q"));
}

#[test]
fn a_change_or_a_handshake_by_cookie_needs_a_page_of_ours() {
    let cookie = (COOKIE, "hearken_session=a");
    let pages = [
        (Some("https://hearken.example"), true),
        (Some("http://hearken.example"), true),
        (Some("http://public.example"), true),
        (Some("https://public.example"), false),
        (Some("https://app.example"), true),
        (Some("https://App.Example:443"), true),
        (Some("http://app.example"), false),
        (Some("https://app.example:8443"), false),
        (Some("https://evil.example"), false),
        (Some("null"), false),
        (None, false),
    ];
    for (page, known) in pages {
        let mut headers = vec![cookie.clone()];
        headers.extend(page.map(|page| (ORIGIN, page)));
        let expect =
            |free: bool| if known || free { Ok("a".to_owned()) } else { Err(Unshown::ForeignOrigin) };
        for (method, free) in [
            ("GET", true),
            ("HEAD", true),
            ("OPTIONS", true),
            ("POST", false),
            ("PUT", false),
            ("PATCH", false),
            ("DELETE", false),
            ("PURGE", false),
        ] {
            let parts = request(method, "/", &headers);
            assert_eq!(credentials(false).of_request(&parts), expect(free), "{method} {page:?}");
            assert_eq!(credentials(false).of_handshake(&parts), expect(false), "{method} {page:?}");
            // With a header nobody asks for the page: no other site can set it.
            headers.push((AUTHORIZATION, "Bearer b"));
            assert_eq!(credentials(false).of_request(&request(method, "/", &headers)), Ok("b".to_owned()));
            headers.pop();
        }
    }
}

#[test]
fn a_cookie_is_kept_from_scripts_and_other_sites() {
    let hour = Duration::from_hours(1);
    let check = |credentials: &Credentials, token: &str, expect: Option<&str>| {
        let made = credentials.cookie(token, hour);
        assert_eq!(made.as_ref().map(|value| value.to_str().expect("text")), expect, "{token:?}");
    };
    let plain = "hearken_session=a.b-c_d; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600";
    let secure = format!("{plain}; Secure");
    check(&credentials(false), "a.b-c_d", Some(plain));
    check(&credentials(true), "a.b-c_d", Some(&secure));
    check(&Credentials::new("https://a".parse().ok(), Vec::new(), false), "a.b-c_d", Some(&secure));
    for wrong in ["a;b", "a b", "a\r\nb", "ä", "a,b", "a=b"] {
        check(&credentials(false), wrong, None);
    }
    let gone = "hearken_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
    assert_eq!(credentials(false).no_cookie(), gone);
    assert_eq!(credentials(true).no_cookie(), format!("{gone}; Secure"));
}
