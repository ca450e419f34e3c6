//! TLS with the operator's own certificate (`tls.cert`, `tls.key`), which can be changed while the server runs: open
//! connections keep theirs, new ones get what was read last.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate that the server shows, from its two PEM files.
pub struct Certificates {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// Files that can't be used; each text names the setting and the mend, and nothing of what is in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate.
    #[error("tls.cert: {0}; name a PEM file with the server's certificate and its chain")]
    Cert(String),
    /// The key.
    #[error("tls.key: {0}; name a PEM file with the private key of the certificate in tls.cert")]
    Key(String),
}

impl Certificates {
    /// Reads the files.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(cert, key)?));
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), current })
    }

    /// Reads the files again. If they can't be used, what was there stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.cert, &self.key)?);
        *self.current.write() = fresh;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read()))
    }
}

fn read(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let unread =
        |path: &Path, error: &dyn std::fmt::Display| format!("{} can't be used ({error})", path.display());
    let wrong_cert = |error: &dyn std::fmt::Display| TlsError::Cert(unread(cert, error));
    let wrong_key = |error: &dyn std::fmt::Display| TlsError::Key(unread(key, error));
    let chain = CertificateDer::pem_file_iter(cert).map_err(|error| wrong_cert(&error))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| wrong_cert(&error))?;
    if chain.is_empty() {
        return Err(wrong_cert(&"there is no certificate in it"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong_key(&error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let signing = provider.key_provider.load_private_key(secret.clone_key());
    signing.map_err(|error| wrong_key(&error))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong_cert(&error))?
        .with_no_client_auth();
    // The key is good: what is left is the certificate, or that they don't belong together.
    let mut config = config.with_single_cert(chain, secret).map_err(|error| wrong_cert(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests;
