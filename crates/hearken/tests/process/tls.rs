//! The messenger over TLS, and another certificate while it runs.

use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use rcgen::generate_simple_self_signed;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::people::{Offline, Person};
use crate::server::{Server, hearken, run};
use crate::socket::PATIENCE;

/// Writes a fresh certificate and its key where the server reads them.
fn write_pair(folder: &Path) -> CertificateDer<'static> {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    made.cert.der().clone()
}

/// A connection to whoever shows this certificate, or nothing.
async fn connect(server: &Server, trusted: &CertificateDer<'static>) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.expect("the server listens");
    let name = "localhost".try_into().expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()
}

type Socket = WebSocketStream<TlsStream<TcpStream>>;

async fn open(server: &Server, trusted: &CertificateDer<'static>, path: &str, who: &Person) -> Socket {
    let mut request = format!("wss://localhost{path}").into_client_request().expect("a path");
    let bearer = format!("Bearer {}", who.token).parse().expect("a header");
    request.headers_mut().insert("authorization", bearer);
    let stream = connect(server, trusted).await.expect("it shows the certificate");
    client_async(request, stream).await.expect("it opens").0
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("in time").expect("open").expect("whole") {
            Message::Text(text) => return serde_json::from_str(text.as_str()).expect("JSON"),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// One message from the first to the second, over sockets that are open.
async fn talk(from: (&mut Socket, &Person), to: (&mut Socket, &Person), number: u32) {
    // Larger than a TLS record, so that it takes several.
    let (text, sent) = ("äöü ".repeat(1000), format!("2026-01-05 09:00:{number:02}.000"));
    let frame = json!({
        "message": text, "command": "new_msg", "msg_from": from.1.phone, "msg_to": to.1.phone, "sent_timestamp": sent,
    });
    from.0.send(Message::Text(frame.to_string().into())).await.expect("open");
    let (told, heard) = (hear(from.0).await, hear(to.0).await);
    assert_eq!((&told["command"], &told["message"]), (&json!("msg_sent"), &json!(sent)));
    assert_eq!((&heard["command"], &heard["message"]), (&json!("new_msg"), &json!(text)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_encrypted_and_the_certificate_can_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = Offline::open(folder.path()).await;
    let people = house.people(2).await;
    house.close().await;
    let first = write_pair(folder.path());
    let files = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let variables = [
        ("HEARKEN_TLS__CERT", files[0].as_os_str()),
        ("HEARKEN_TLS__KEY", files[1].as_os_str()),
        ("HEARKEN_LOG", "info".as_ref()),
    ];
    let mut server = Server::start(folder.path(), &variables);
    assert_eq!(server.scheme, "https");
    let [ana, ben] = [&people[0], &people[1]];
    let ears = format!("/ws/chat/special/{}/", ben.phone);
    let mouth = format!("/ws/chat/personal/{}/{}/", ana.phone, ben.phone);
    let mut hearing = open(&server, &first, &ears, ben).await;
    let mut speaking = open(&server, &first, &mouth, ana).await;
    talk((&mut speaking, ana), (&mut hearing, ben), 0).await;

    let second = write_pair(folder.path());
    server.signal(Signal::HUP);
    while connect(&server, &second).await.is_none() {}
    assert!(connect(&server, &first).await.is_none());
    talk((&mut speaking, ana), (&mut hearing, ben), 1).await;

    std::fs::write(&files[1], "no key").expect("written");
    server.signal(Signal::HUP);
    while !server.said().contains("stays as it was") {
        tokio::task::yield_now().await;
    }
    assert!(server.said().contains("tls.key"));
    let mut speaking = open(&server, &second, &mouth, ana).await;
    talk((&mut speaking, ana), (&mut hearing, ben), 2).await;
    server.terminate();
    let goodbye = timeout(PATIENCE, hearing.next()).await.expect("in time").expect("open").expect("whole");
    assert!(matches!(&goodbye, Message::Close(Some(close)) if u16::from(close.code) == 1012), "{goodbye:?}");
    assert!(server.wait().success());
}

#[test]
fn half_a_certificate_stops_the_start_and_the_check() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pair(folder.path());
    let [cert, key, none] = ["cert.pem", "key.pem", "none.pem"].map(|name| folder.path().join(name));
    let data = folder.path().join("data");
    assert!(run(&data, &["organisation", "list"]).status.success());
    let (cert, key, none) = (Some(&cert), Some(&key), Some(&none));
    for (cert, key, named) in [
        (cert, None, "tls.key"),
        (None, key, "tls.cert"),
        (none, key, "tls.cert"),
        (key, cert, "tls.cert"),
        (cert, none, "tls.key"),
    ] {
        for arguments in [&["check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let mut command = hearken(&data, arguments);
            cert.map(|path| command.env("HEARKEN_TLS__CERT", path));
            key.map(|path| command.env("HEARKEN_TLS__KEY", path));
            let ended = command.output().expect("the binary runs");
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.code() == Some(1) && ended.stdout.is_empty(), "{ended:?}");
            assert!(said.starts_with(&format!("error: {named}: ")) && said.lines().count() == 1, "{said}");
        }
    }
}
