//! The rules of the workspace that the compiler does not know: who may import whom, what may be depended on, how long a
//! file may be, what a module may be called, and what may not stand in a file.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a connector's author gets with core and no features.
const CORE_DEPENDENCIES: [&str; 13] = [
    "async-trait",
    "bytes",
    "encoding_rs",
    "futures",
    "itoa",
    "memchr",
    "metrics",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tracing",
    "xxhash-rust",
];

/// Packages that may not come in, by whatever way, and why.
const BANNED: [(&str, &str); 16] = [
    ("openssl", "TLS is rustls"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("ctor", "nothing global; connectors are registered in so many words"),
    ("inventory", "nothing global; connectors are registered in so many words"),
    ("linkme", "nothing global; connectors are registered in so many words"),
    ("mysql", "mysql_async is the driver"),
    ("mysqlclient-sys", "mysql_async is the driver"),
    ("sqlx", "mysql_async is the driver"),
    ("sqlx-core", "mysql_async is the driver"),
    ("diesel", "mysql_async is the driver"),
    ("sea-orm", "mysql_async is the driver"),
    ("rust_decimal", "28 digits are too few for DECIMAL"),
    ("anyhow", "errors are typed"),
    ("async-std", "tokio is the runtime"),
    ("libloading", "connectors are linked in"),
];

const MOST_LINES: usize = 500;

/// The packages that users link.
const LIBRARIES: [&str; 4] = ["oms-core", "oms-sources", "oms-sinks", "oms-check"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().expect("the command starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The packages of the workspace with their declared dependencies.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let text = output(Command::new(cargo).args(arguments));
    let metadata: Value = serde_json::from_str(&text).expect("the JSON of cargo");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The dependencies that a package declares, of every kind, optional or not.
fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"].as_array().expect("dependencies")
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}

/// The files of the project: those under version control, and new ones that are not ignored.
fn files() -> Vec<PathBuf> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = output(Command::new("git").args(arguments));
    let mut files: Vec<PathBuf> = listed.split_terminator('\0').map(PathBuf::from).collect();
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    assert!(files.len() > 100, "only {} files", files.len());
    files
}

fn rust_files() -> impl Iterator<Item = (PathBuf, String)> {
    let is_rust = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "rs");
    files().into_iter().filter(is_rust).map(|file| {
        let text = std::fs::read_to_string(root().join(&file)).expect("a source file");
        (file, text)
    })
}

#[track_caller]
fn assert_none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn siblings_never_import_siblings() {
    let allowed = |package: &str, dependency: &str| match package {
        "oms-core" | "oms-test-servers" => false,
        "oms-sources" | "oms-sinks" | "oms-check" => dependency == "oms-core",
        _ => true,
    };
    let packages = packages();
    for library in LIBRARIES {
        assert!(packages.iter().any(|package| name(package) == library), "{library} is gone");
    }
    let mut found = Vec::new();
    for package in &packages {
        for dependency in dependencies(package) {
            let is_ours = name(dependency).starts_with("oms-");
            let is_for_tests = dependency["kind"] == "dev" && name(dependency) == "oms-test-servers";
            if is_ours && !is_for_tests && !allowed(name(package), name(dependency)) {
                found.push(format!("{} imports {}", name(package), name(dependency)));
            }
        }
    }
    assert_none(found, "what two siblings need moves down to oms-core");
}

#[test]
fn core_without_features_depends_on_little() {
    let packages = packages();
    let core = packages.iter().find(|package| name(package) == "oms-core").expect("oms-core");
    let is_plain = |dependency: &&Value| dependency["kind"].is_null() && dependency["optional"] == false;
    let found: Vec<String> = dependencies(core)
        .iter()
        .filter(is_plain)
        .map(|dependency| name(dependency).to_owned())
        .filter(|name| !CORE_DEPENDENCIES.contains(&name.as_str()))
        .collect();
    assert_none(found, "every author of a connector pays for a dependency of oms-core");
}

#[test]
fn no_crate_has_default_features_of_its_own() {
    let mut found = Vec::new();
    for package in packages().iter().filter(|package| LIBRARIES.contains(&name(package))) {
        let default = package["features"]["default"].as_array();
        if default.is_some_and(|features| !features.is_empty()) {
            found.push(name(package).to_owned());
        }
    }
    assert_none(found, "a default feature cannot be switched off behind another crate");
}

#[test]
fn banned_packages_stay_out() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let locked: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \""))
        .map(|rest| rest.trim_end_matches('"'))
        .collect();
    assert!(locked.contains(&"tokio"), "Cargo.lock is read wrongly");
    let found = BANNED
        .iter()
        .filter(|(package, _)| locked.contains(package))
        .map(|(package, why)| format!("{package}: {why}"));
    assert_none(found.collect(), "these packages are banned");
}

#[test]
fn no_source_file_is_too_long() {
    let found = rust_files().filter_map(|(file, text)| {
        let lines = text.lines().count();
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines", file.display()))
    });
    assert_none(found.collect(), "one concept a file");
}

#[test]
fn modules_are_named_by_what_they_are_about() {
    let vague = ["util", "utils", "common", "helper", "helpers", "misc", "manager", "managers", "types"];
    let found = files().into_iter().filter(|file| {
        let stem =
            |part: &std::ffi::OsStr| part.to_string_lossy().split('.').next().unwrap_or_default().to_owned();
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        is_rust && file.iter().any(|part| vague.contains(&stem(part).as_str()))
    });
    assert_none(found.map(|file| file.display().to_string()).collect(), "these names say nothing");
}

#[test]
fn nothing_of_one_machine_stands_in_a_file() {
    // Put together here, as this file is read as well.
    let traces = [
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/wo", "rk/"],
        ["/Us", "ers/"],
        ["crates", ".io"],
        ["pypi", ".org"],
        ["maven", ".org"],
        ["npmjs", ".org"],
        ["debian", ".org"],
        ["golang", ".org"],
    ]
    .map(|parts| parts.concat());
    let mut found = Vec::new();
    for file in files() {
        // Cargo writes the name of its registry into the lock file itself.
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        if file == Path::new("Cargo.lock") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(trace) = traces.iter().find(|trace| line.contains(trace.as_str())) {
                found.push(format!("{}:{}: {trace}", file.display(), number + 1));
            }
        }
    }
    assert_none(found, "a path of a machine or a host of a registry");
}

#[test]
fn unsafe_code_is_forbidden_everywhere() {
    let word = ["un", "safe"].concat();
    let mut found = Vec::new();
    for (file, text) in rust_files() {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let starts = |kind: &str| code.contains(&format!("{word} {kind}"));
            if ["{", "fn ", "impl ", "extern ", "trait "].into_iter().any(starts) {
                found.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    let read = |file: &str| std::fs::read_to_string(root().join(file)).expect("a manifest");
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""), "the workspace does not forbid it");
    for library in LIBRARIES {
        if !read(&format!("{library}/Cargo.toml")).contains("[lints]\nworkspace = true") {
            found.push(format!("{library} does not have the lints of the workspace"));
        }
    }
    assert_none(found, "the speed that is wanted needs none");
}
