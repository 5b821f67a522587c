//! The TLS upgrade, with a verifier for each [`TlsMode`].
//!
//! MySQL makes itself a certificate without a subject alternative name when it is started for the first time. Its own
//! clients check such a certificate against the authority and leave the name alone (VERIFY_CA); the usual verifier of
//! rustls cannot do without a name, so this one has its own.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::packet::Io;
use crate::mysql::failure::{Failure, TlsFailure};
use crate::mysql::options::{ConnectOptions, TlsMode};
use crate::mysql::tls::{authorities, server_name};

/// Does the handshake over `io`.
pub(super) async fn encrypt(io: Box<dyn Io>, options: &ConnectOptions) -> Result<Box<dyn Io>, Failure> {
    let config = configuration(options)?;
    let name = server_name(options)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, io).await;
    Ok(Box::new(stream.map_err(TlsFailure::of_handshake)?))
}

fn configuration(options: &ConnectOptions) -> Result<ClientConfig, TlsFailure> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities(options)? {
        roots.add(certificate).map_err(|error| TlsFailure::AuthorityFile(Box::new(error)))?;
    }
    // Given by hand: the one of the process would be somebody else's choice.
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match options.tls {
        TlsMode::VerifyIdentity => {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| TlsFailure::AuthorityFile(Box::new(error)))?
        }
        TlsMode::VerifyCa => Arc::new(Chain { roots: Some(roots), provider: Arc::clone(&provider) }),
        TlsMode::Required | TlsMode::Disabled => {
            Arc::new(Chain { roots: None, provider: Arc::clone(&provider) })
        }
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsFailure::Handshake(Box::new(error)))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Checks the chain but no name, or nothing at all; always that the server has the certificate's key.
#[derive(Debug)]
struct Chain {
    /// `None` takes any certificate.
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Chain {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
