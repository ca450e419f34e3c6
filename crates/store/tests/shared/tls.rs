//! Encrypted connections, and whose certificate is believed: a line to the database that speaks TLS where it is asked to.

use std::path::Path;
use std::sync::Arc;

use hearken_core::store::Store as _;
use hearken_store::{AddressError, PostgresError, PostgresSettings, PostgresStore};
use hearken_testkit::throwaway::Database;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a client asks first who wants TLS: the length of it, and a number that is no version.
const ASKS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Speaks TLS with a certificate for `localhost`, which it writes to `file`, and hands everything on to the database;
/// answers with its port.
async fn encrypted(database: &Database, file: &Path) -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(file, made.cert.pem()).expect("written");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (_, place) = database.url().rsplit_once('@').expect("an address with a user");
    let server = place.split_once('/').expect("an address with a database").0.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                let mut asked = [0; 8];
                if client.read_exact(&mut asked).await.is_err() || asked != ASKS {
                    return;
                }
                client.write_all(b"S").await.expect("it is told");
                // One that does not believe us goes away.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(&server).await.expect("the server is there");
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_is_believed_as_far_as_the_address_says() {
    let (database, folder) = (Database::new(), tempfile::tempdir().expect("a folder"));
    let (ours, others) = (folder.path().join("ours.pem"), folder.path().join("others.pem"));
    let port = encrypted(&database, &ours).await;
    encrypted(&database, &others).await;
    let (start, rest) = database.url().rsplit_once('@').expect("an address with a user");
    let name = rest.split_once('/').expect("an address with a database").1;
    let check = async |host: &str, query: &str, roots: Option<&Path>, expect: bool| {
        let roots = roots.map(|file| format!("&sslrootcert={}", file.display())).unwrap_or_default();
        let url = format!("{start}@{host}:{port}/{name}?sslmode={query}{roots}");
        match PostgresStore::open(&url, PostgresSettings::default()).await {
            Ok(store) => assert!(store.ping().await.is_ok() && expect, "{host} {query} {roots}"),
            Err(PostgresError::Away(told)) => assert!(!expect, "{host} {query} {roots}: {told}"),
            Err(other) => panic!("{host} {query} {roots}: {other}"),
        }
    };
    check("localhost", "prefer", None, true).await;
    check("127.0.0.1", "require", None, true).await;
    check("localhost", "disable", None, false).await;
    check("localhost", "verify-full", Some(&ours), true).await;
    check("127.0.0.1", "verify-full", Some(&ours), false).await;
    check("127.0.0.1", "verify-ca", Some(&ours), true).await;
    check("127.0.0.1", "require", Some(&ours), true).await;
    for query in ["verify-full", "verify-ca", "require"] {
        check("localhost", query, Some(&others), false).await;
    }
    check("localhost", "verify-full", None, false).await;
    let missing = format!("{start}@localhost:{port}/{name}?sslmode=verify-full&sslrootcert=/nowhere.pem");
    let told = PostgresStore::open(&missing, PostgresSettings::default()).await.map(drop);
    assert!(matches!(told, Err(PostgresError::Address(AddressError::RootCertificates(_)))));
}
