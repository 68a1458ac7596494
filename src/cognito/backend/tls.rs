//! HTTPS of the emulator: `--tls`, or `--tls-cert` and `--tls-key`.

mod authority;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cognito_emulator::http::listener::Tls;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WantsServerCert;
use rustls::sign::CertifiedKey;
use rustls::{ConfigBuilder, InconsistentKeys, ServerConfig};

use self::authority::Authority;
use crate::bounds::PEM_BYTES;
use crate::config::TlsFlags;
use crate::guard::private_file;
use crate::start_error::StartError;

/// TLS of the emulator's server.
pub(super) struct Secured {
    /// The certificates and keys.
    pub(super) tls: Tls,
    /// The file with the certificate of the local authority, which clients must trust. None if
    /// the operator gave a certificate.
    pub(super) authority: Option<PathBuf>,
    /// Whether that certificate was just renewed.
    pub(super) is_renewed: bool,
}

impl Secured {
    /// The certificates that `flags` select. None without these flags.
    ///
    /// # Errors
    /// If a file cannot be read or does not contain what it should.
    pub(super) fn new(flags: &TlsFlags) -> Result<Option<Self>, StartError> {
        if let (Some(certificate), Some(key)) = (&flags.tls_cert, &flags.tls_key) {
            let tls = given(certificate, key).map_err(StartError)?;
            return Ok(Some(Self {
                tls,
                authority: None,
                is_renewed: false,
            }));
        }
        if !flags.tls {
            return Ok(None);
        }
        let authority = Authority::of_user().map_err(|why| {
            StartError(format!(
                "--tls: {why}. Or give a certificate and its key with --tls-cert and --tls-key."
            ))
        })?;
        let (file, is_renewed) = (authority.certificate_file(), authority.is_renewed());
        let builder = builder(&provider()).map_err(|error| StartError(error.to_string()))?;
        let config = builder.with_cert_resolver(Arc::new(authority));
        Ok(Some(Self {
            tls: Tls::new(config),
            authority: Some(file),
            is_renewed,
        }))
    }
}

/// The cryptography of the AWS SDK.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn builder(
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider));
    Ok(builder
        .with_safe_default_protocol_versions()?
        .with_no_client_auth())
}

/// TLS with the certificate chain and the key of two files.
fn given(certificate: &Path, key: &Path) -> Result<Tls, String> {
    let provider = provider();
    let (chain_text, key_text) = (read("--tls-cert", certificate)?, read("--tls-key", key)?);
    let chain = chain_of(certificate, &chain_text)?;
    let private = key_of(key, &key_text)?;
    let certified = CertifiedKey::from_der(chain, private, &provider).map_err(|error| {
        let (certificate, key) = (certificate.display(), key.display());
        match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
                "The key in {key} is not that of the first certificate in {certificate}: give the \
                 server's certificate first, then those that signed it, and the key of the first."
            ),
            rustls::Error::InvalidCertificate(_) => format!(
                "--tls-cert {certificate}: its first certificate cannot be used ({error}). Make one \
                 of version 3 for the names of this server."
            ),
            error => format!(
                "--tls-key {key}: the key cannot be used ({error}). RSA from 2048 bits, ECDSA and \
                 Ed25519 are supported."
            ),
        }
    })?;
    let builder = builder(&provider).map_err(|error| error.to_string())?;
    let resolver = rustls::sign::SingleCertAndKey::from(certified);
    Ok(Tls::new(builder.with_cert_resolver(Arc::new(resolver))))
}

fn read(flag: &str, file: &Path) -> Result<String, String> {
    private_file::read_text(file, PEM_BYTES)
        .map_err(|why| unusable(flag, file, &format!("{why}; give a PEM file")))
}

fn unusable(flag: &str, file: &Path, why: &dyn Display) -> String {
    format!("{flag} {}: {why}.", file.display())
}

/// The certificates in a PEM text.
fn chain_of(file: &Path, text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let refused = |why: &dyn Display| unusable("--tls-cert", file, why);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = chain.map_err(|error| refused(&format!("the PEM text is damaged ({error})")))?;
    if chain.is_empty() {
        return Err(refused(
            &"it has no certificate, which begins with `-----BEGIN CERTIFICATE-----`",
        ));
    }
    Ok(chain)
}

/// The private key in a PEM text.
fn key_of(file: &Path, text: &str) -> Result<PrivateKeyDer<'static>, String> {
    let refused = |why: &str| Err(unusable("--tls-key", file, &why));
    match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
        Ok(key) => Ok(key),
        Err(_) if text.contains("ENCRYPTED") => refused(
            "the key is encrypted, and this program does not ask for its password; remove the \
             password with `openssl pkey -in FILE -out NEW_FILE`",
        ),
        // The parser's error is not shown: it could repeat a part of the key.
        Err(_) => refused(
            "it has no private key, which begins with `-----BEGIN PRIVATE KEY-----`, `-----BEGIN \
             EC PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`",
        ),
    }
}
