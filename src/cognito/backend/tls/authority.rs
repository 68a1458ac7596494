//! The local authority: a certificate that a developer trusts once, and the certificates that it
//! signs for names of this machine.
//!
//! The authority is in the user's data folder. Its certificate permits it to sign for `localhost`,
//! for names under it, and for loopback addresses only, so that its key cannot be misused for
//! other hosts (RFC 5280, section 4.2.1.10). The keys of the server's certificates are never
//! stored. A certificate for a name under `localhost` is signed when a client names it, because a
//! wildcard covers one label and `<prefix>.auth.<region>.localhost` has more.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use cognito_emulator::auth::certificate::not_after;
use parking_lot::Mutex;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

use super::provider;
use crate::bounds::{LOCAL_CERTIFICATES, PEM_BYTES};
use crate::guard::private_file;

/// The file of the authority's certificate.
const CERTIFICATE: &str = "ca.pem";

/// The file of the authority's private key.
const KEY: &str = "ca-key.pem";

/// The time that the authority is valid.
const AUTHORITY_LIFETIME: Duration = Duration::days(3650);

/// An authority that is valid for less than this time is renewed at the start.
const RENEWAL: Duration = Duration::days(90);

/// The time that a server's certificate is valid. Apple's systems refuse more than 825 days also
/// from authorities that a user has added (support.apple.com/103769).
const LEAF_LIFETIME: Duration = Duration::days(824);

/// Certificates are valid from this time before they are made, for clocks that are behind.
const SKEW: Duration = Duration::days(1);

/// The names of a certificate for a client that names none: each leads to this machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The local authority of this user.
pub(super) struct Authority {
    folder: PathBuf,
    /// Whether the certificate was just renewed.
    is_renewed: bool,
    issuer: Issuer<'static, KeyPair>,
    started: OffsetDateTime,
    /// The certificate for [`NAMES`].
    local: Arc<CertifiedKey>,
    /// Certificates for names under `localhost`.
    signed: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl Authority {
    /// The authority in the user's data folder, which is made on first use.
    ///
    /// # Errors
    /// If it cannot be made or read. The text is the start of a sentence.
    pub(super) fn of_user() -> Result<Self, String> {
        let data = data_folder().ok_or(
            "neither XDG_DATA_HOME nor HOME is an absolute path, so that there is no folder for \
             the local authority",
        )?;
        Self::within(
            &data.join("cognito-mcp"),
            SystemTimeSource::new().now().into(),
        )
    }

    fn within(data: &Path, now: OffsetDateTime) -> Result<Self, String> {
        let folder = data.join("tls");
        if !folder.exists() {
            make(data, &folder, now).map_err(|why| {
                format!(
                    "the local authority cannot be made in {}: {why}",
                    folder.display()
                )
            })?;
        }
        Self::read(&folder, now).map_err(|why| {
            format!(
                "the local authority in {} cannot be used: {why}; delete this folder to make a new \
                 authority, which clients must then trust",
                folder.display()
            )
        })
    }

    fn read(folder: &Path, now: OffsetDateTime) -> Result<Self, String> {
        let text = |name: &str| {
            let file = private_file::open_file(&folder.join(name));
            file.map_err(|why| format!("{name}: {why}"))
        };
        let key = text(KEY)?;
        if private_file::others_may_read(&key) {
            return Err(format!(
                "other users may read {KEY}, so they may have copied it"
            ));
        }
        let key = private_file::text_of(&key, PEM_BYTES).map_err(|why| format!("{KEY}: {why}"))?;
        let certificate = private_file::text_of(&text(CERTIFICATE)?, PEM_BYTES)
            .map_err(|why| format!("{CERTIFICATE}: {why}"))?;
        // The parsers' errors are not shown: they could repeat a part of the key.
        let key = KeyPair::from_pem(&key).map_err(|_| format!("{KEY} is not a private key"))?;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| format!("{CERTIFICATE} is not a certificate"))?;
        let (certificate, is_renewed) = renewed(folder, certificate, &key, now)?;
        let issuer = Issuer::new(parameters(&key, now), key);
        let local = sign(&issuer, &NAMES, now)?;
        check(&certificate, &local, now)?;
        Ok(Self {
            folder: folder.to_owned(),
            is_renewed,
            issuer,
            started: now,
            local,
            signed: Mutex::default(),
        })
    }

    /// The file with the certificate that clients must trust.
    pub(super) fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Whether the certificate was just renewed, so that copies of it have to be replaced.
    pub(super) fn is_renewed(&self) -> bool {
        self.is_renewed
    }

    /// The certificate for `name`, which is under `localhost`.
    fn certificate_for(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        if let Some(signed) = self.signed.lock().get(name) {
            return Some(Arc::clone(signed));
        }
        let certificate = sign(&self.issuer, &[name], self.started).ok()?;
        let mut signed = self.signed.lock();
        if signed.len() >= LOCAL_CERTIFICATES {
            signed.clear();
        }
        signed.insert(name.to_owned(), Arc::clone(&certificate));
        Some(certificate)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authority").field(&self.folder).finish()
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or_default().to_ascii_lowercase();
        if name.ends_with(".localhost") {
            return self.certificate_for(&name);
        }
        // The client decides whether it accepts this certificate for another name.
        Some(Arc::clone(&self.local))
    }
}

/// The folder for data of this user's programs (XDG Base Directory Specification).
fn data_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        let folder = PathBuf::from(env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))
}

/// Makes an authority in `folder`. If another process makes one at the same time, its authority
/// is used.
fn make(data: &Path, folder: &Path, now: OffsetDateTime) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    private_file::make_folders(data).map_err(text)?;
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate = parameters(&key, now)
        .self_signed(&key)
        .map_err(|error| error.to_string())?;
    // The folder gets its name when both files are complete.
    let staged = private_file::new_folder_in(data).map_err(text)?;
    for (name, content) in [(KEY, key.serialize_pem()), (CERTIFICATE, certificate.pem())] {
        let mut file = private_file::new_file(&staged.path().join(name)).map_err(text)?;
        file.write_all(content.as_bytes()).map_err(text)?;
    }
    match fs::rename(staged.path(), folder) {
        Ok(()) => {
            // The folder no longer has the name that would be deleted.
            let _ = staged.keep();
            Ok(())
        }
        Err(_) if folder.exists() => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// The authority's certificate at `now`: `certificate`, or a new one for the same key if its end is
/// near, and whether it is new. Name and key stay the same, so that programs which trust the former
/// certificate accept the server until that ends.
fn renewed(
    folder: &Path,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    now: OffsetDateTime,
) -> Result<(CertificateDer<'static>, bool), String> {
    let ends = not_after(&certificate)
        .and_then(|end| OffsetDateTime::from_unix_timestamp(end.seconds()).ok())
        .ok_or_else(|| format!("{CERTIFICATE} is not a certificate"))?;
    if now + RENEWAL < ends {
        return Ok((certificate, false));
    }
    match renew(folder, key, now) {
        Ok(renewed) => Ok((renewed, true)),
        // It is renewed at a later start.
        Err(_) if now < ends => Ok((certificate, false)),
        Err(why) => Err(format!(
            "{CERTIFICATE} has expired and cannot be renewed ({why})"
        )),
    }
}

/// Replaces the certificate in `folder` by one that is valid from `now`.
fn renew(
    folder: &Path,
    key: &KeyPair,
    now: OffsetDateTime,
) -> Result<CertificateDer<'static>, String> {
    let text = |error: std::io::Error| error.to_string();
    let certificate = parameters(key, now)
        .self_signed(key)
        .map_err(|error| error.to_string())?;
    let staged = private_file::new_folder_in(folder).map_err(text)?;
    let path = staged.path().join(CERTIFICATE);
    let mut file = private_file::new_file(&path).map_err(text)?;
    file.write_all(certificate.pem().as_bytes()).map_err(text)?;
    fs::rename(&path, folder.join(CERTIFICATE)).map_err(text)?;
    Ok(certificate.into())
}

/// The certificate of the authority with `key`. The name contains a part of the key's hash, so
/// that two authorities never have the same name.
fn parameters(key: &KeyPair, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    let hash =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key.subject_public_key_info());
    let hash = hash.as_ref();
    let name = format!(
        "cognito-mcp local authority {:02x}{:02x}{:02x}{:02x}",
        hash[0], hash[1], hash[2], hash[3]
    );
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = now - SKEW;
    parameters.not_after = now + AUTHORITY_LIFETIME;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                8,
            )),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                IpAddr::V6(Ipv6Addr::LOCALHOST),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    parameters
}

/// A new key and its certificate for `names`. Every certificate has a key of its own, from which
/// its serial number follows: browsers refuse two certificates with the same number.
fn sign(
    issuer: &Issuer<'static, KeyPair>,
    names: &[&str],
    now: OffsetDateTime,
) -> Result<Arc<CertifiedKey>, String> {
    let text = |error: rcgen::Error| error.to_string();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().map_err(text)?;
    let common = names.first().cloned().unwrap_or_default();
    let mut parameters = CertificateParams::new(names).map_err(text)?;
    // The name has at most 64 characters (RFC 5280, appendix A.1); clients do not read it.
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    if common.len() <= 64 {
        parameters
            .distinguished_name
            .push(DnType::CommonName, common);
    }
    parameters.not_before = now - SKEW;
    parameters.not_after = now + LEAF_LIFETIME;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    let certificate = parameters.signed_by(&key, issuer).map_err(text)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.into()];
    CertifiedKey::from_der(chain, private, &provider())
        .map(Arc::new)
        .map_err(|error| error.to_string())
}

/// Checks, as a client does, that `authority` has signed `certificate`.
fn check(
    authority: &CertificateDer<'static>,
    certificate: &CertifiedKey,
    now: OffsetDateTime,
) -> Result<(), String> {
    let text = |why: &dyn fmt::Display| {
        format!("a client that trusts {CERTIFICATE} would refuse this server ({why})")
    };
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(|error| text(&error))?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| text(&error))?;
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let leaf = certificate
        .end_entity_cert()
        .map_err(|error| text(&error))?;
    for name in NAMES {
        let name = ServerName::try_from(name).map_err(|error| text(&error))?;
        verifier
            .verify_server_cert(leaf, &[], &name, &[], now)
            .map_err(|error| text(&error))?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time of this century")
    }

    fn mode(path: &Path) -> u32 {
        let metadata = fs::metadata(path).expect("the file exists");
        metadata.permissions().mode() & 0o777
    }

    fn refused(data: &Path, now: OffsetDateTime) -> String {
        let refused = Authority::within(data, now).map(drop);
        let refused = refused.expect_err("the files are refused");
        refused.replace(&data.display().to_string(), "DATA")
    }

    #[test]
    fn an_authority_is_made_once() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("share/cognito-mcp");
        let first = Authority::within(&data, now()).unwrap();
        let certificate = fs::read(first.certificate_file()).unwrap();
        let second = Authority::within(&data, now() + Duration::days(3_000)).unwrap();
        assert_eq!(fs::read(second.certificate_file()).unwrap(), certificate);
        assert_eq!(mode(&data.join("tls")), 0o700);
        assert_eq!(mode(&data.join("tls").join(KEY)), 0o600);
        let files: Vec<_> = fs::read_dir(&data).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }

    /// Near its end, and after it, the authority gets a new certificate for the same key at the next
    /// start. Clients that trust the former one accept the server until that ends.
    #[test]
    fn an_authority_is_renewed_before_it_ends() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let first = Authority::within(data, now()).unwrap();
        assert!(!first.is_renewed());
        let file = first.certificate_file();
        let former = fs::read(&file).unwrap();
        let end = now() + AUTHORITY_LIFETIME;
        assert!(
            !Authority::within(data, end - RENEWAL - Duration::days(1))
                .unwrap()
                .is_renewed()
        );
        assert_eq!(fs::read(&file).unwrap(), former);
        let later = end - Duration::days(1);
        let renewed = Authority::within(data, later).unwrap();
        assert!(renewed.is_renewed());
        assert_ne!(fs::read(&file).unwrap(), former);
        assert_eq!(mode(&file), 0o600);
        let trusted = CertificateDer::from_pem_slice(&former).unwrap();
        check(&trusted, &renewed.local, later).unwrap();
        assert!(
            !Authority::within(data, later).unwrap().is_renewed(),
            "once"
        );
        let files = fs::read_dir(data.join("tls")).unwrap().count();
        assert_eq!(files, 2, "the new file has replaced the former");
        // Long after the end of the second certificate.
        let much_later = later + AUTHORITY_LIFETIME + Duration::days(700);
        assert!(Authority::within(data, much_later).unwrap().is_renewed());
    }

    /// An authority that has ended and cannot be renewed is refused, and one that has not is used.
    #[test]
    fn an_authority_that_cannot_be_renewed() {
        let data = tempfile::tempdir().unwrap();
        let authority = Authority::within(data.path(), now()).unwrap();
        let pem = fs::read(authority.certificate_file()).unwrap();
        let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
        let missing = data.path().join("missing");
        let at = |time| renewed(&missing, certificate.clone(), authority.issuer.key(), time);
        let end = now() + AUTHORITY_LIFETIME;
        assert_eq!(
            at(end - Duration::days(1)),
            Ok((certificate.clone(), false))
        );
        let refused = at(end + Duration::days(1)).unwrap_err();
        let start = "ca.pem has expired and cannot be renewed (";
        assert!(refused.starts_with(start), "{refused}");
    }

    #[test]
    fn authorities_made_at_once_are_one() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path();
        let made: Vec<_> = std::thread::scope(|scope| {
            let each = || {
                let authority = Authority::within(path, now()).unwrap();
                authority.issuer.key().serialize_pem()
            };
            let made: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
            made.into_iter().map(|made| made.join().unwrap()).collect()
        });
        assert!(made.iter().all(|key| *key == made[0]));
        let files = fs::read_dir(path).unwrap().count();
        assert_eq!(files, 1, "the folders of the others are deleted");
    }

    #[test]
    fn an_unusable_authority_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let other = tempfile::tempdir().unwrap();
        drop(Authority::within(other.path(), now()).unwrap());
        let (key, certificate) = (
            data.join("tls").join(KEY),
            data.join("tls").join(CERTIFICATE),
        );
        let fresh = || {
            let _ = fs::remove_dir_all(data.join("tls"));
            drop(Authority::within(data, now()).unwrap());
        };
        let check = |words: &str| {
            let refused = refused(data, now());
            let start = "the local authority in DATA/tls cannot be used: ";
            assert!(refused.starts_with(start), "{refused}");
            assert!(refused.contains("; delete this folder to make a new authority"));
            assert!(refused.contains(words), "{words}: {refused}");
            assert!(!refused.contains("s3cret"), "{refused}");
        };
        fresh();
        fs::copy(other.path().join("tls").join(CERTIFICATE), &certificate).unwrap();
        check("a client that trusts ca.pem would refuse this server");
        fresh();
        fs::write(&certificate, "s3cret").unwrap();
        check("ca.pem is not a certificate");
        fresh();
        fs::write(&key, "s3cret").unwrap();
        check("ca-key.pem is not a private key");
        fresh();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        check("other users may read ca-key.pem");
        fresh();
        fs::remove_file(&key).unwrap();
        check("ca-key.pem: it does not exist");
        fs::remove_dir_all(data.join("tls")).unwrap();
        fs::write(data.join("tls"), "").unwrap();
        check("ca-key.pem: ");
    }

    /// A client that trusts the authority accepts its certificates for names of this machine
    /// only, even if the authority signs others.
    #[test]
    fn an_authority_is_for_this_machine() {
        let data = tempfile::tempdir().unwrap();
        let authority = Authority::within(data.path(), now()).unwrap();
        let mut roots = RootCertStore::empty();
        let root = fs::read(authority.certificate_file()).unwrap();
        roots
            .add(CertificateDer::from_pem_slice(&root).unwrap())
            .unwrap();
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .unwrap();
        for (name, accepted) in [
            ("localhost", true),
            ("demo.auth.us-east-1.localhost", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("example.com", false),
            ("localhost.example.com", false),
            ("notlocalhost", false),
            ("10.0.0.1", false),
            ("::2", false),
        ] {
            let signed = sign(&authority.issuer, &[name], now()).unwrap();
            let leaf = signed.end_entity_cert().unwrap();
            let server = ServerName::try_from(name).unwrap();
            let at = |days: u64| {
                let time = 1_800_000_000 + days * 86_400;
                let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(time));
                verifier
                    .verify_server_cert(leaf, &[], &server, &[], time)
                    .is_ok()
            };
            assert_eq!(at(0), accepted, "{name}");
            assert!(!at(825), "{name} is valid for too long");
        }
    }

    #[test]
    fn certificates_for_names_are_bounded() {
        let data = tempfile::tempdir().unwrap();
        let authority = Authority::within(data.path(), now()).unwrap();
        let first = authority.certificate_for("a.localhost").unwrap();
        let again = authority.certificate_for("a.localhost").unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        for number in 0..=LOCAL_CERTIFICATES {
            authority
                .certificate_for(&format!("{number}.localhost"))
                .unwrap();
        }
        assert!(authority.signed.lock().len() <= LOCAL_CERTIFICATES);
        let long = format!("{}.localhost", "a.".repeat(100));
        assert!(
            authority
                .certificate_for(long.trim_start_matches('.'))
                .is_some()
        );
    }
}
