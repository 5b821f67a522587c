//! What both kinds of connection need for encryption: the authority's certificates and names for the handshake.

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

use super::failure::TlsFailure;
use super::options::{ConnectOptions, TlsMode};

/// A name to put into a handshake whose certificate's names are not checked.
pub(super) const ANY_NAME: &str = "mysql.invalid";

/// The certificates to check the server's against; none where nothing is checked.
///
/// The file is read at once: it is small, and it is read once for each connection.
pub(super) fn authorities(options: &ConnectOptions) -> Result<Vec<CertificateDer<'static>>, TlsFailure> {
    if !checks_chain(options.tls) {
        return Ok(Vec::new());
    }
    let path = options.tls_ca.as_deref().ok_or(TlsFailure::NoAuthority(options.tls))?;
    let pem = std::fs::read(path).map_err(|error| TlsFailure::AuthorityFile(Box::new(error)))?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsFailure::AuthorityFile(Box::new(error)))?;
    if certificates.is_empty() {
        return Err(TlsFailure::EmptyAuthorityFile);
    }
    Ok(certificates)
}

/// True if the certificate must come from the authority.
pub(super) fn checks_chain(mode: TlsMode) -> bool {
    matches!(mode, TlsMode::VerifyCa | TlsMode::VerifyIdentity)
}

/// The name to ask the server for; where names are not checked, a host that is no name is replaced.
pub(super) fn server_name(options: &ConnectOptions) -> Result<ServerName<'static>, TlsFailure> {
    match ServerName::try_from(options.host.clone()) {
        Ok(name) => Ok(name),
        Err(_) if options.tls == TlsMode::VerifyIdentity => Err(TlsFailure::HostName),
        Err(_) => ServerName::try_from(ANY_NAME).map_err(|_| TlsFailure::HostName),
    }
}

/// The names out of rustls' words for those in a certificate: `DnsName("*.example.com")`, `IpAddress(10.0.0.1)`.
pub(super) fn presented_names(words: &[String]) -> Vec<Box<str>> {
    words
        .iter()
        .filter_map(|word| {
            let inner = |start: &str, end: &str| word.strip_prefix(start)?.strip_suffix(end);
            inner("DnsName(\"", "\")").or_else(|| inner("IpAddress(", ")"))
        })
        .map(Box::from)
        .collect()
}

/// A host that a certificate for one of `names` is good for.
pub(super) fn host_of(names: &[Box<str>]) -> Option<String> {
    names
        .iter()
        .map(|name| name.replacen('*', "any", 1))
        .find(|host| ServerName::try_from(host.as_str()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_words_for_them() {
        let words = ["DirectoryName", "DnsName(\"*.db.example\")", "IpAddress(10.0.0.1)", "DnsName(\""];
        let names = presented_names(&words.map(String::from));
        assert_eq!(names, ["*.db.example".into(), "10.0.0.1".into()]);
        assert_eq!(host_of(&names).unwrap(), "any.db.example");
        assert_eq!(host_of(&names[1..]).unwrap(), "10.0.0.1");
        assert_eq!(host_of(&[]), None);
    }

    #[test]
    fn checking_needs_a_readable_authority() {
        let options = ConnectOptions::new("h", 1).with_tls(TlsMode::VerifyCa, None);
        assert!(matches!(authorities(&options), Err(TlsFailure::NoAuthority(TlsMode::VerifyCa))));
        let missing = std::path::Path::new("no-such-file.pem");
        let options = options.with_tls(TlsMode::VerifyIdentity, Some(missing));
        assert!(matches!(authorities(&options), Err(TlsFailure::AuthorityFile(_))));
        let source = std::path::Path::new(file!()).file_name().unwrap();
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mysql").join(source);
        let options = options.with_tls(TlsMode::VerifyIdentity, Some(&here));
        assert!(matches!(authorities(&options), Err(TlsFailure::EmptyAuthorityFile)));
    }

    #[test]
    fn a_host_that_is_no_name_matters_only_where_names_are_checked() {
        let options = ConnectOptions::new("not a name", 1);
        assert!(server_name(&options.clone().with_tls(TlsMode::Required, None)).is_ok());
        assert!(matches!(
            server_name(&options.with_tls(TlsMode::VerifyIdentity, None)),
            Err(TlsFailure::HostName)
        ));
    }
}
