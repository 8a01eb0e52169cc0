//! Certificates of an authority that only tests trust.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// What is wrong with the certificate that a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// It is signed by another authority.
    UnknownAuthority,
    /// It is for the host `elsewhere.example`.
    OtherName,
    /// It was valid until the year 2020.
    Expired,
    /// It will be valid from the year 4000 on.
    NotYetValid,
}

/// An authority. It makes a certificate for each name that a client asks for.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    flaw: Mutex<Flaw>,
}

impl Authority {
    /// A new one, with a key of its own.
    ///
    /// # Panics
    /// When there is no randomness.
    pub fn new() -> Self {
        Self::named("an authority for tests")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate"),
            flaw: Mutex::new(Flaw::None),
        }
    }

    /// Its certificate in PEM: what has to be trusted.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// From now on its certificates have this flaw.
    pub fn flaw(&self, flaw: Flaw) {
        *self.flaw.lock().unwrap_or_else(PoisonError::into_inner) = flaw;
    }

    /// The settings of a TLS server that has a certificate for every name.
    ///
    /// # Panics
    /// When the TLS library cannot do what it always can.
    pub fn server(self: &Arc<Self>) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>)
    }

    fn certificate(&self, name: &str) -> CertifiedKey {
        let flaw = *self.flaw.lock().unwrap_or_else(PoisonError::into_inner);
        let name = match flaw {
            Flaw::OtherName => "elsewhere.example",
            _ => name,
        };
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2020, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
            Flaw::None | Flaw::UnknownAuthority | Flaw::OtherName => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match flaw {
            Flaw::UnknownAuthority => {
                params.signed_by(&key, &Self::named("nobody knows it").issuer)
            }
            _ => params.signed_by(&key, &self.issuer),
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        CertifiedKey::new(
            vec![certificate.expect("a certificate").der().clone()],
            ring::sign::any_supported_type(&key).expect("a key that rustls knows"),
        )
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A client that asks for an address sends no name.
        let name = hello.server_name().unwrap_or("127.0.0.1");
        Some(Arc::new(self.certificate(name)))
    }
}
