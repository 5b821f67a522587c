//! The public items of each library, with all features, against the lists in `tests/data/public_api`.
//!
//! A difference must be meant. After a change that is, this writes the lists anew:
//!
//! ```text
//! OMS_UPDATE_SNAPSHOTS=1 cargo test --all-features --test it public_api
//! ```

mod krate;
mod list;
#[cfg(feature = "oceanbase")]
mod sendable;
mod signature;

use std::collections::BTreeSet;
use std::path::Path;

/// The list of a library against its snapshot.
fn check(library: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let krate = krate::Crate::read(library, &root.join(library).join("src/lib.rs"));
    let items = list::public_items(&krate);
    let path = root.join("tests/data/public_api").join(format!("{library}.txt"));
    if std::env::var_os("OMS_UPDATE_SNAPSHOTS").is_some() {
        let text: String = items.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text).expect("the snapshot is written");
        return;
    }
    let snapshot = std::fs::read_to_string(&path).unwrap_or_default();
    let before: BTreeSet<String> = snapshot.lines().map(str::to_owned).collect();
    let added = items.difference(&before).map(|line| format!("+ {line}"));
    let removed = before.difference(&items).map(|line| format!("- {line}"));
    let diff: Vec<String> = removed.chain(added).collect();
    assert!(
        diff.is_empty(),
        "the public items of {library} differ from {}; if that is meant, run again with OMS_UPDATE_SNAPSHOTS=1:\n{}",
        path.strip_prefix(root).unwrap_or(&path).display(),
        diff.join("\n")
    );
}

#[test]
fn public_items_of_core_are_as_listed() {
    check("oms-core");
}

#[test]
fn public_items_of_sources_are_as_listed() {
    check("oms-sources");
}

#[test]
fn public_items_of_sinks_are_as_listed() {
    check("oms-sinks");
}

#[test]
fn public_items_of_check_are_as_listed() {
    check("oms-check");
}
