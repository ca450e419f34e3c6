//! The API reference agrees with what is served.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::house::House;

#[tokio::test]
async fn what_is_printed_is_what_is_served() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let printed = Command::new(env!("CARGO_BIN_EXE_hearken"))
        .arg("openapi")
        .env_clear()
        // Whatever is set, and wherever one is.
        .env("HEARKEN_LISTEN", "nonsense")
        .current_dir(nowhere.path())
        .output()
        .expect("it runs");
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    assert_eq!(std::fs::read_dir(nowhere.path()).expect("a folder").count(), 0);
    let served = House::open("").await.ask("GET", "/openapi.json", &[]).await;
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.body, printed.stdout);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearken"));
    let piped = command.arg("openapi").env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().expect("it runs");
    drop(running.stdout.take());
    let ended = running.wait_with_output().expect("it ends");
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[tokio::test]
async fn every_path_answers_as_it_is_described_and_has_no_other_methods() {
    let house = House::open("").await;
    let document: Value =
        serde_json::from_slice(&house.ask("GET", "/openapi.json", &[]).await.body).expect("JSON");
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let asked: Vec<_> =
            path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
        let asked = asked.join("/");
        for method in ["get", "post", "put", "patch", "delete"] {
            let answer = house.ask(&method.to_uppercase(), &asked, &[]).await;
            let place = format!("{method} {path}: {} {}", answer.status, answer.text());
            let Some(said) = methods[method]["responses"].as_object() else {
                assert_eq!(answer.status, 405, "{place}");
                continue;
            };
            let described = said.get(&answer.status.to_string()).unwrap_or_else(|| panic!("{place}"));
            let media =
                answer.header("content-type").and_then(|media| media.split(';').next()).expect("a type");
            assert!(described["content"][media].is_object(), "{place}");
        }
    }
}

#[tokio::test]
async fn the_page_is_plain_and_loads_its_own_style_alone() {
    let house = House::open("").await;
    let page = house.ask("GET", "/docs", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(page.text().contains("<h1>Hearken API reference</h1>"));
    let style = house.ask("GET", "/docs/style.css", &[]).await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
}
