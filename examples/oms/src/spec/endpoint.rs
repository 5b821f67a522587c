//! [`Endpoint`]: how the project file names a server.

use std::fmt;
use std::path::{Path, PathBuf};

use oms_core::mysql::{ConnectOptions, TlsMode};
use serde::{Deserialize, Deserializer, de};

use super::{Seconds, SpecError};

/// How the project file names a server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    url: String,
    user: Option<String>,
    password: Option<SecretRef>,
    tls: Option<Tls>,
    tls_ca: Option<PathBuf>,
    connect_timeout: Option<Seconds>,
    io_timeout: Option<Seconds>,
}

/// Where a password is found.
enum SecretRef {
    Env(String),
    File(PathBuf),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Tls {
    Disabled,
    Required,
    VerifyCa,
    VerifyIdentity,
}

/// Which product a URL names by its scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    MySql,
    OceanBase,
}

impl Endpoint {
    /// The product that the URL's scheme names.
    pub(crate) fn product(&self, section: &'static str) -> Result<Product, SpecError> {
        match self.url.split_once("://").map(|(scheme, _)| scheme) {
            Some("mysql") => Ok(Product::MySql),
            Some("oceanbase") => Ok(Product::OceanBase),
            // The text may be anything, a password too.
            _ => Err(wrong(section, "url begins with mysql:// or oceanbase://")),
        }
    }

    /// How to connect, with the password looked up; files are found from `folder`.
    pub(crate) fn connect_options(
        &self,
        section: &'static str,
        folder: &Path,
    ) -> Result<ConnectOptions, SpecError> {
        self.product(section)?;
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        // What follows a # is no part of an address, so that the host would be another one.
        if rest.contains('#') {
            let reason = "url has a #: write user = \"USER@TENANT#CLUSTER\" beside it, or %23 in its place";
            return Err(wrong(section, reason));
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.matches('@').count() > 1 {
            let reason =
                "url has more than one @: write user = \"USER@TENANT\" beside it, or %40 in its place";
            return Err(wrong(section, reason));
        }
        let mut options =
            ConnectOptions::from_url(&self.url).map_err(|error| wrong(section, &error.to_string()))?;
        let login = authority.rsplit_once('@').map(|(login, _)| login);
        match (&self.user, login) {
            (Some(_), Some(login)) if !login.starts_with(':') => {
                return Err(wrong(section, "the user stands in url and in user; leave out one"));
            }
            (Some(user), _) => options = options.with_user(user.as_str()),
            (None, _) => {}
        }
        match &self.password {
            Some(_) if login.is_some_and(|login| login.contains(':')) => {
                return Err(wrong(section, "the password stands in url and in password; leave out one"));
            }
            Some(reference) => options = options.with_password(reference.read(section, folder)?),
            None => {}
        }
        if self.tls.is_some() || self.tls_ca.is_some() {
            let mode = match self.tls {
                Some(Tls::Disabled) => TlsMode::Disabled,
                Some(Tls::Required) => TlsMode::Required,
                Some(Tls::VerifyIdentity) => TlsMode::VerifyIdentity,
                // Whoever names authorities wants them to be asked.
                Some(Tls::VerifyCa) | None => TlsMode::VerifyCa,
            };
            let authorities = self.tls_ca.as_ref().map(|file| folder.join(file));
            options = options.with_tls(mode, authorities.as_deref());
        }
        if let Some(Seconds(timeout)) = self.connect_timeout {
            options = options.with_connect_timeout(timeout);
        }
        if let Some(Seconds(timeout)) = self.io_timeout {
            options = options.with_io_timeout(timeout);
        }
        Ok(options)
    }
}

fn wrong(section: &'static str, reason: &str) -> SpecError {
    SpecError::Endpoint { section, reason: reason.to_owned() }
}

impl SecretRef {
    fn read(&self, section: &'static str, folder: &Path) -> Result<String, SpecError> {
        match self {
            SecretRef::Env(name) => std::env::var(name).map_err(|_| SpecError::Secret {
                section,
                what: format!("environment variable {name} is not set, or is not UTF-8"),
                source: None,
            }),
            SecretRef::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path).map_err(|error| SpecError::Secret {
                    section,
                    what: format!("file {}", path.display()),
                    source: Some(error),
                })?;
                // Editors end a file with a line break, and passwords do not have one.
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
            }
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = SecretRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ env = \"NAME\" } or { file = \"PATH\" }")
            }
            fn visit_str<E: de::Error>(self, _text: &str) -> Result<SecretRef, E> {
                let reason = "a password is not written here: name where it is, { env = \"NAME\" } or \
                              { file = \"PATH\" }, or put it into url, percent-encoded";
                Err(E::custom(reason))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<SecretRef, A::Error> {
                let expected = "one key, env or file";
                let Some((key, value)) = map.next_entry::<String, String>()? else {
                    return Err(de::Error::invalid_length(0, &expected));
                };
                let reference = match key.as_str() {
                    "env" => SecretRef::Env(value),
                    "file" => SecretRef::File(value.into()),
                    other => return Err(de::Error::unknown_field(other, &["env", "file"])),
                };
                match map.next_key::<String>()? {
                    None => Ok(reference),
                    Some(_) => Err(de::Error::invalid_length(2, &expected)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("user", &self.user).finish_non_exhaustive()
    }
}
