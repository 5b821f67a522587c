//! [`Registry`]: connectors by the scheme of their URL, for programs that choose them at run time.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::sink::Sink;
use crate::source::Source;
use crate::transform::Transform;

type Factory<T> = Box<dyn Fn(&ConnectorOptions) -> Result<Box<T>> + Send + Sync>;

/// What a connector is made from: a URL, whose scheme says which connector, and named settings.
///
/// `Debug` shows the scheme and the names of the settings only, as URLs and settings may hold secrets.
///
/// # Examples
///
/// ```
/// use oms_core::registry::ConnectorOptions;
/// let options = ConnectorOptions::new("mysql://app:secret@127.0.0.1:3306").with("workers", "8");
/// assert_eq!(options.scheme(), "mysql");
/// assert_eq!(options.get::<u32>("workers").unwrap(), Some(8));
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectorOptions {
    url: Box<str>,
    settings: BTreeMap<String, String>,
}

impl ConnectorOptions {
    /// Options of this URL, or of a bare scheme where there is nothing to connect to.
    pub fn new(url: impl Into<Box<str>>) -> Self {
        Self { url: url.into(), settings: BTreeMap::new() }
    }

    /// The same, with one more setting.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// What stands before the first colon of the URL.
    pub fn scheme(&self) -> &str {
        self.url.split_once(':').map_or(&*self.url, |(scheme, _)| scheme)
    }

    /// The URL, which may hold a secret.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A setting, `None` if it is not set.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if its text is not a `T`; the text is not repeated.
    pub fn get<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.settings.get(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => {
                let wanted = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
                Err(Error::config(name, format!("its value is not a {wanted}")))
            }
        }
    }

    /// A setting that has to be there.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if it is not set, or its text is not a `T`.
    pub fn require<T: FromStr>(&self, name: &str) -> Result<T> {
        let missing = || Error::config(name, format!("{} needs it", self.scheme()));
        self.get(name)?.ok_or_else(missing)
    }

    /// Fails if there are settings other than these: a mistyped name must not pass in silence.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] that names the first one.
    pub fn deny_unknown(&self, known: &[&str]) -> Result<()> {
        let mut names = self.settings.keys();
        match names.find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let reason =
                    format!("{} does not know it; it knows {}", self.scheme(), list(known.iter().copied()));
                Err(Error::config(name.as_str(), reason))
            }
        }
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

impl fmt::Debug for ConnectorOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.settings.keys().collect();
        write!(f, "ConnectorOptions({}, settings {names:?})", self.scheme())
    }
}

/// Makes sources, sinks and transforms by scheme.
///
/// It is a value, not a global: a connector crate offers `pub fn register(registry: &mut Registry)`, and the program
/// calls the ones that it wants.
///
/// # Examples
///
/// ```
/// use oms_core::registry::{ConnectorOptions, Registry};
/// use oms_core::sink::{NullSink, Sink as _};
/// # fn main() -> oms_core::Result<()> {
/// let mut registry = Registry::new();
/// registry.add_sink("null", |options| {
///     options.deny_unknown(&[])?;
///     Ok(Box::new(NullSink::new()))
/// })?;
/// assert_eq!(registry.sink(&ConnectorOptions::new("null:"))?.name(), "null");
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Registry {
    sources: BTreeMap<String, Factory<dyn Source>>,
    sinks: BTreeMap<String, Factory<dyn Sink>>,
    transforms: BTreeMap<String, Factory<dyn Transform>>,
}

impl Registry {
    /// A registry that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind of source.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the scheme is taken, or is not one: letters, digits and `+`, `-` only.
    pub fn add_source(
        &mut self,
        scheme: &str,
        factory: impl Fn(&ConnectorOptions) -> Result<Box<dyn Source>> + Send + Sync + 'static,
    ) -> Result<()> {
        add(&mut self.sources, scheme, Box::new(factory))
    }

    /// Adds a kind of sink.
    ///
    /// # Errors
    ///
    /// As [`Self::add_source`].
    pub fn add_sink(
        &mut self,
        scheme: &str,
        factory: impl Fn(&ConnectorOptions) -> Result<Box<dyn Sink>> + Send + Sync + 'static,
    ) -> Result<()> {
        add(&mut self.sinks, scheme, Box::new(factory))
    }

    /// Adds a kind of transform.
    ///
    /// # Errors
    ///
    /// As [`Self::add_source`].
    pub fn add_transform(
        &mut self,
        scheme: &str,
        factory: impl Fn(&ConnectorOptions) -> Result<Box<dyn Transform>> + Send + Sync + 'static,
    ) -> Result<()> {
        add(&mut self.transforms, scheme, Box::new(factory))
    }

    /// Makes a source.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if no source has the scheme, and whatever the source's own making fails with.
    pub fn source(&self, options: &ConnectorOptions) -> Result<Box<dyn Source>> {
        make(&self.sources, "source", options)
    }

    /// Makes a sink.
    ///
    /// # Errors
    ///
    /// As [`Self::source`].
    pub fn sink(&self, options: &ConnectorOptions) -> Result<Box<dyn Sink>> {
        make(&self.sinks, "sink", options)
    }

    /// Makes a transform.
    ///
    /// # Errors
    ///
    /// As [`Self::source`].
    pub fn transform(&self, options: &ConnectorOptions) -> Result<Box<dyn Transform>> {
        make(&self.transforms, "transform", options)
    }
}

fn add<T: ?Sized>(
    factories: &mut BTreeMap<String, Factory<T>>,
    scheme: &str,
    factory: Factory<T>,
) -> Result<()> {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return Err(Error::config("scheme", format!("{scheme:?} is not letters, digits, + and - only")));
    }
    if factories.contains_key(scheme) {
        return Err(Error::config("scheme", format!("{scheme} is registered already")));
    }
    factories.insert(scheme.to_owned(), factory);
    Ok(())
}

fn make<T: ?Sized>(
    factories: &BTreeMap<String, Factory<T>>,
    role: &'static str,
    options: &ConnectorOptions,
) -> Result<Box<T>> {
    match factories.get(options.scheme()) {
        Some(factory) => factory(options),
        None => {
            let known = list(factories.keys().map(String::as_str));
            // A text without a colon may be anything, a password too.
            let scheme = match options.url().contains(':') {
                true => options.scheme(),
                false => "(no scheme)",
            };
            Err(Error::config("url", format!("there is no {role} of scheme {scheme}, only {known}")))
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("sources", &self.sources.keys())
            .field("sinks", &self.sinks.keys())
            .field("transforms", &self.transforms.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::NullSink;

    #[test]
    fn an_unknown_scheme_names_the_known_ones_and_no_secret() {
        let mut registry = Registry::new();
        let sink = |_: &ConnectorOptions| -> Result<Box<dyn Sink>> { Ok(Box::new(NullSink::new())) };
        registry.add_sink("null", sink).unwrap();
        assert!(registry.add_sink("null", sink).is_err(), "it is taken");
        assert!(registry.add_sink("my sql", sink).is_err());
        let make = |url: &str| registry.sink(&ConnectorOptions::new(url)).map(drop);
        make("null:").unwrap();
        make("null").unwrap();
        let error = make("mysql://u:hunter2@h").unwrap_err().to_string();
        assert!(error.contains("mysql") && error.contains("null") && !error.contains("hunter2"), "{error}");
        assert!(!make("hunter2").unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn settings_are_typed_and_mistyped_names_are_found() {
        let options = ConnectorOptions::new("x:").with("rows", "many").with("colour", "red");
        let error = options.get::<u64>("rows").unwrap_err().to_string();
        assert_eq!(error, "option rows: its value is not a u64");
        assert!(options.require::<u64>("bytes").is_err());
        assert!(options.deny_unknown(&["rows"]).unwrap_err().to_string().contains("colour"));
        options.deny_unknown(&["rows", "colour"]).unwrap();
    }
}
