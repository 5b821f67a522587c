//! Debian packages without root: a private apt state, the machine's own mirror, `dpkg -x`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::once::files;
use super::{Tool, run};
use crate::error::{Error, Result};
use crate::{folder, report};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Unpacks packages of a suite with everything they depend on, the C library included, into `root`.
///
/// An empty status file makes apt resolve all dependencies, so what is installed on the machine does not
/// matter. The programs then run by the loader in `root`.
pub(crate) fn with_dependencies(kind: &str, suite: &str, packages: &[&str], root: &Path) -> Result<()> {
    let apt = Apt::update(kind, suite)?;
    let archives = apt.folder.join("archives");
    for left_over in files(&archives, &[".deb"])? {
        fs::remove_file(&left_over).map_err(Error::io("delete", &left_over))?;
    }
    apt.get(&format!("downloading packages of suite {suite}"))
        .args(["-y", "--download-only", "install"])
        .args(packages)
        .download()?;
    let downloaded = files(&archives, &[".deb"])?;
    report::line(&format!("{kind}: unpacking {} packages", downloaded.len()));
    for package in &downloaded {
        run(kind, "dpkg", [Path::new("-x"), package, root])?;
        fs::remove_file(package).map_err(Error::io("delete", package))?;
    }
    merge_usr(kind, root)
}

/// Unpacks just these packages of a suite, without what they depend on, into `root`.
pub(crate) fn single_packages(kind: &str, suite: &str, packages: &[&str], root: &Path) -> Result<()> {
    let apt = Apt::update(kind, suite)?;
    let folder = root.join("packages");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    apt.get(&format!("downloading {}", packages.join(", ")))
        .arg("download")
        .args(packages)
        .within(&folder)
        .download()?;
    for package in files(&folder, &[".deb"])? {
        run(kind, "dpkg", [Path::new("-x"), &package, root])?;
    }
    folder::remove(&folder)
}

/// Returns the suite of the machine's own Debian.
pub(crate) fn machine_suite(kind: &str) -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    match (value("ID").as_deref(), value("VERSION_CODENAME")) {
        (Some("debian"), Some(suite)) => Ok(suite),
        _ => Err(unavailable(kind, "reading the suite from /etc/os-release", "this is no Debian release")),
    }
}

/// Packages with a top-level `lib` put their files beside `usr`; the loader looks in `usr` alone.
fn merge_usr(kind: &str, root: &Path) -> Result<()> {
    for top in ["lib", "lib64", "bin", "sbin"] {
        let folder = root.join(top);
        if folder.is_dir() && !folder.is_symlink() {
            run(kind, "cp", [Path::new("-a"), &folder.join("."), &root.join("usr").join(top)])?;
        }
    }
    // Older suites link the loader by an absolute path, which would leave our root.
    let loader = root.join("usr/lib64/ld-linux-x86-64.so.2");
    if let Ok(link) = fs::read_link(&loader)
        && link.is_absolute()
        && let Some(name) = link.file_name()
    {
        let real = root.join("usr/lib/x86_64-linux-gnu").join(name);
        fs::remove_file(&loader).map_err(Error::io("delete", &loader))?;
        fs::copy(&real, &loader).map_err(Error::io("copy", &real))?;
    }
    Ok(())
}

/// A private apt state for one suite, with fresh package lists; one process at a time uses it.
struct Apt {
    kind: String,
    folder: PathBuf,
    _lock: File,
}

impl Apt {
    fn update(kind: &str, suite: &str) -> Result<Self> {
        let cache = folder::cache()?;
        let folder = cache.join(format!("apt-{suite}"));
        let lock = folder::lock(&cache.join(format!("apt-{suite}.lock")))?;
        for part in ["lists/partial", "archives/partial", "cache"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).map_err(Error::io("create", &part))?;
        }
        let mirror = Mirror::of_this_machine(kind)?;
        let source = format!("deb [signed-by={}] {} {suite} main\n", mirror.keyring, mirror.uri);
        let at = folder.display();
        let options = [
            ("Dir::State", format!("{at}")),
            ("Dir::State::Lists", format!("{at}/lists")),
            ("Dir::State::status", format!("{at}/status")),
            ("Dir::Etc::sourcelist", format!("{at}/sources.list")),
            ("Dir::Etc::sourceparts", "-".to_owned()),
            ("Dir::Etc::preferences", "/dev/null".to_owned()),
            ("Dir::Etc::preferencesparts", "/dev/null".to_owned()),
            ("Dir::Cache", format!("{at}/cache")),
            ("Dir::Cache::archives", format!("{at}/archives")),
            ("APT::Install-Recommends", "false".to_owned()),
            ("APT::Get::List-Cleanup", "false".to_owned()),
            ("APT::Sandbox::User", String::new()),
            ("Debug::NoLocking", "true".to_owned()),
            ("Acquire::Languages", "none".to_owned()),
            // A mirror that stands still for a while is better than no server.
            ("Acquire::Check-Valid-Until", "false".to_owned()),
            ("Acquire::Retries", "3".to_owned()),
            // Without this a failed update is a warning, and old lists are used.
            ("APT::Update::Error-Mode", "any".to_owned()),
        ];
        let options: String = options.iter().map(|(name, value)| format!("{name} \"{value}\";\n")).collect();
        for (name, text) in [("status", ""), ("sources.list", &source), ("apt.conf", &options)] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::io("write", &path))?;
        }
        let apt = Self { kind: kind.to_owned(), folder, _lock: lock };
        apt.get(&format!("updating the package lists of suite {suite}")).arg("update").download()?;
        Ok(apt)
    }

    fn get(&self, action: &str) -> Tool {
        Tool::new(&self.kind, action, "apt-get")
            .env("APT_CONFIG", self.folder.join("apt.conf"))
            .env("DEBIAN_FRONTEND", "noninteractive")
    }
}

/// The machine's own main archive of Debian.
#[derive(Debug, PartialEq)]
struct Mirror {
    uri: String,
    keyring: String,
}

impl Mirror {
    fn of_this_machine(kind: &str) -> Result<Self> {
        let parts = Path::new("/etc/apt/sources.list.d");
        let read = |paths: Vec<PathBuf>| {
            paths.into_iter().filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>()
        };
        let mut old_style = vec![PathBuf::from("/etc/apt/sources.list")];
        old_style.extend(files(parts, &[".list"]).unwrap_or_default());
        let new_style = read(files(parts, &[".sources"]).unwrap_or_default());
        let found = new_style.iter().find_map(|text| Self::in_stanzas(text));
        found.or_else(|| read(old_style).iter().find_map(|text| Self::in_lines(text))).ok_or_else(|| {
            unavailable(kind, "reading the machine's apt sources", "they name no main archive of Debian")
        })
    }

    /// Reads the form of `*.sources` files.
    fn in_stanzas(text: &str) -> Option<Self> {
        text.split("\n\n").find_map(|stanza| {
            let value = |name: &str| {
                let mut lines = stanza.lines().filter_map(|line| line.split_once(':'));
                lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
            };
            let main = value("Components")?.split_whitespace().any(|component| component == "main");
            let enabled = value("Enabled") != Some("no");
            let uri = value("URIs")?.split_whitespace().find(|uri| is_main_archive(uri))?;
            let keyring = value("Signed-By").filter(|path| path.starts_with('/')).unwrap_or(KEYRING);
            (main && enabled).then(|| Self { uri: uri.to_owned(), keyring: keyring.to_owned() })
        })
    }

    /// Reads the one-line form: `deb [signed-by=…] URI SUITE COMPONENT…`.
    fn in_lines(text: &str) -> Option<Self> {
        text.lines().find_map(|line| {
            let rest = line.trim().strip_prefix("deb ")?.trim();
            let (options, rest) = match rest.strip_prefix('[') {
                Some(rest) => rest.split_once(']')?,
                None => ("", rest),
            };
            let mut words = rest.split_whitespace();
            let uri = words.next().filter(|uri| is_main_archive(uri))?;
            words.next()?;
            let main = words.any(|component| component == "main");
            let keyring = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by="));
            let keyring = keyring.unwrap_or(KEYRING).to_owned();
            main.then(|| Self { uri: uri.to_owned(), keyring })
        })
    }
}

fn is_main_archive(uri: &str) -> bool {
    uri.trim_end_matches('/').ends_with("/debian")
}

fn unavailable(kind: &str, action: &str, output: &str) -> Error {
    Error::Unavailable { kind: kind.to_owned(), action: action.to_owned(), output: output.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_mirror_from_stanzas() {
        let text = "Types: deb\nURIs: http://a.test/debian-security\nSuites: x\nComponents: main\n\n\
                    Types: deb\nEnabled: no\nURIs: http://b.test/debian\nComponents: main\n\n\
                    # note\nTypes: deb\nURIs: http://c.test/debian/\nSuites: x\nComponents: main contrib\nSigned-By: /k.gpg\n";
        let mirror = Mirror::in_stanzas(text).unwrap();
        assert_eq!(mirror, Mirror { uri: "http://c.test/debian/".to_owned(), keyring: "/k.gpg".to_owned() });
    }

    #[test]
    fn reads_the_mirror_from_lines() {
        let text = "# deb http://a.test/debian x main\ndeb http://b.test/other x main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://c.test/debian x contrib main\n";
        let mirror = Mirror::in_lines(text).unwrap();
        assert_eq!(mirror, Mirror { uri: "http://c.test/debian".to_owned(), keyring: "/k.gpg".to_owned() });
        assert_eq!(Mirror::in_lines("deb http://c.test/debian x contrib\n"), None);
    }
}
