//! A NATS server that does not let everybody in.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The server; it ends when this is dropped.
pub(crate) struct Guarded {
    server: Child,
    port: u16,
    tls: bool,
    _folder: TempDir,
}

impl Guarded {
    pub(crate) fn by_user(user: &str, password: &str) -> Self {
        Self::start(&format!("authorization {{ user: \"{user}\", password: \"{password}\" }}"), None)
    }

    pub(crate) fn by_token(token: &str) -> Self {
        Self::start(&format!("authorization {{ token: \"{token}\" }}"), None)
    }

    /// The same over TLS, with a certificate that it has made for itself.
    pub(crate) fn by_user_over_tls(user: &str, password: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let rules = format!("authorization {{ user: \"{user}\", password: \"{password}\" }}");
        Self::start(&rules, Some((made.cert.pem(), made.signing_key.serialize_pem())))
    }

    fn start(rules: &str, certificate: Option<(String, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let tls = certificate.is_some();
        let mut settings = format!("listen: 127.0.0.1:{port}\n{rules}\n");
        if let Some((certificate, key)) = certificate {
            let (certificate_at, key_at) =
                (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
            std::fs::write(&certificate_at, certificate).expect("it is written");
            std::fs::write(&key_at, key).expect("it is written");
            let (certificate_at, key_at) = (certificate_at.display(), key_at.display());
            let tls = format!("tls {{ cert_file: \"{certificate_at}\", key_file: \"{key_at}\" }}\n");
            settings.push_str(&tls);
        }
        let file = folder.path().join("nats.conf");
        std::fs::write(&file, settings).expect("it is written");
        let path = std::env::var("PATH").unwrap_or_default();
        let server = Command::new("nats-server")
            // Debian puts it where only root looks.
            .env("PATH", format!("{path}:/usr/local/sbin:/usr/sbin"))
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is installed: scripts/prepare.sh does that");
        let guarded = Self { server, port, tls, _folder: folder };
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect(at).is_err() {
            std::thread::yield_now();
        }
        guarded
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.tls
    }

    /// Its address, with what is to let us in.
    pub(crate) fn url(&self, scheme: &str, entry: &str) -> String {
        let host = if self.tls { "localhost" } else { "127.0.0.1" };
        format!("{scheme}://{entry}{host}:{}", self.port)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // An error says that it has ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
