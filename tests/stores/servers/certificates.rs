//! A certificate authority of its own, and a certificate of this machine.

use std::path::{Path, PathBuf};

use gotrue::redis::TlsCertificates;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// Files in PEM format: the authority, and the certificate and key of servers on this machine.
pub struct Certificates {
    directory: TempDir,
    pub authority_pem: String,
    pub certificate_pem: String,
    pub key_pem: String,
}

impl Certificates {
    /// Creates new keys and certificates.
    pub fn new() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // With the name of the certificate, OpenSSL takes that for one that is self-signed.
        authority.distinguished_name.push(DnType::CommonName, "authority of the test");
        let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let issuer = Issuer::new(authority, authority_key);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let this = Self {
            directory: TempDir::new().unwrap(),
            authority_pem,
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        };
        this.write_to(this.directory.path());
        this
    }

    /// Writes the files `authority.pem`, `certificate.pem` and `key.pem`.
    fn write_to(&self, directory: &Path) {
        let texts = [&self.authority_pem, &self.certificate_pem, &self.key_pem];
        for (name, text) in ["authority.pem", "certificate.pem", "key.pem"].iter().zip(texts) {
            std::fs::write(directory.join(name), text).unwrap();
        }
    }

    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// Returns the authority for a client of Redis.
    pub fn for_redis(&self) -> TlsCertificates {
        TlsCertificates { client_tls: None, root_cert: Some(self.authority_pem.clone().into_bytes()) }
    }

    /// Returns the arguments of a Redis server that accepts TLS only.
    pub fn redis_arguments(&self, port: u16) -> Vec<String> {
        let file = |name: &str| self.directory.path().join(name).to_str().unwrap().to_owned();
        let pairs = [
            ("--port", "0".to_owned()),
            ("--tls-port", port.to_string()),
            ("--tls-ca-cert-file", file("authority.pem")),
            ("--tls-cert-file", file("certificate.pem")),
            ("--tls-key-file", file("key.pem")),
            ("--tls-auth-clients", "no".to_owned()),
            ("--tls-replication", "yes".to_owned()),
            ("--tls-cluster", "yes".to_owned()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}
