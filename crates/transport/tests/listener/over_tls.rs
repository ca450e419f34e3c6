//! TLS: handshakes that succeed, fail, and never come.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hearken_testkit::client::PATIENCE;
use hearken_testkit::server::TestServer;
use hearken_transport::listener::Terms;
use hearken_transport::tls::Certificates;
use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn server(handshake: Duration) -> (TestServer, CertificateDer<'static>) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    let tls = Some(Arc::new(Certificates::open(&cert, &key).expect("good files")));
    let router = Router::new().route("/", get(async || "here"));
    let server = TestServer::on_terms(router, Terms { tls, ..Terms::new(handshake, 10) }).await;
    (server, made.cert.der().clone())
}

fn connector(trusted: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).expect("a root");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.address).await.expect("the server listens")
}

/// What comes until the end, which must come.
async fn rest(mut stream: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut said = Vec::new();
    // A reset is an end too.
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it is closed").ok();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn requests_are_answered_over_tls_and_over_nothing_else() {
    let (server, certificate) = server(Duration::from_mins(1)).await;
    let name = || "localhost".try_into().expect("a name");
    let mut stream =
        connector(certificate.clone()).connect(name(), connect(&server).await).await.expect("trusted");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    stream.write_all(REQUEST).await.expect("open");
    let said = rest(stream).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here"), "{said}");

    let mut plain = connect(&server).await;
    plain.write_all(REQUEST).await.expect("open");
    let said = rest(plain).await;
    assert!(!said.contains("HTTP"), "{said}");

    let stranger = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert;
    let refused = connector(stranger.der().clone()).connect(name(), connect(&server).await).await;
    assert!(refused.is_err());
    connector(certificate)
        .connect(name(), connect(&server).await)
        .await
        .expect("the others cost nobody anything");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let (server, _) = server(Duration::from_millis(200)).await;
    assert_eq!(rest(connect(&server).await).await, "");
    let mut half = connect(&server).await;
    half.write_all(b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03").await.expect("open");
    assert_eq!(rest(half).await, "");
}
