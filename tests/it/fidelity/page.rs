//! The page `docs/fidelity.md`: what arrives how, as the cases have found it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::lane::Target;
use super::outcome::{Carried, Outcome};
use super::paths::Path;

const TARGETS: [(Target, &str); 2] =
    [(Target::MySql, "MySQL 9.7"), (Target::OceanBase, "OceanBase seekdb 1.4")];

const HEAD: &str = "\
# What arrives, and how

Written by `tests/it/fidelity`, which carries every case below from MySQL 9.7 to both targets and compares all rows by
reading both servers on its own. Do not edit: `OMS_UPDATE_DOCS=1 cargo test --test it fidelity` writes it anew.

The paths: *scanned* rows are there when the copy begins; *inserted* ones come while the log is followed; *updated* ones
are changed, deleted and inserted again while it is followed; *keyless* is the same in a table without a key, where a row
is found by all its values.

* **exact**: every value is the same at the target, under the type that it has at the source.
* **mapped**: every value is the same; the column is another one there, as the last column says.
* **refused**: the conversion of the schema refuses the table, with the reason, before anything is made at the target.
* **stops**: the pipeline ends with an error that names the table, and the column where one value is at fault; nothing is changed or left out in silence.
* **–**: nothing of this kind to try.

";

/// Writes the page.
pub(crate) fn render(outcomes: &[(Target, Outcome)]) -> String {
    let mut page = HEAD.to_owned();
    for (target, name) in TARGETS {
        let _ = writeln!(page, "## To {name}\n");
        page.push_str(
            "| case | what | types at the source | scanned | inserted | updated | keyless | remarks |\n",
        );
        page.push_str("|---|---|---|---|---|---|---|---|\n");
        let mut cases: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
        for (_, outcome) in outcomes.iter().filter(|(at, _)| *at == target) {
            cases.entry(outcome.case.id).or_default().push(outcome);
        }
        for (id, outcomes) in cases {
            row(&mut page, id, &outcomes);
        }
        page.push('\n');
    }
    page
}

fn row(page: &mut String, id: &str, outcomes: &[&Outcome]) {
    let mut types: Vec<String> = Vec::new();
    let mut remarks: Vec<String> = Vec::new();
    let mut cells: BTreeMap<Path, &str> = BTreeMap::new();
    for outcome in outcomes {
        match &outcome.result {
            Carried::Refused(reason) => {
                remember(&mut remarks, without_names(reason));
                cells.extend(Path::ALL.map(|path| (path, "refused")));
            }
            Carried::Stopped(paths, error) => {
                remember(&mut remarks, without_names(error));
                cells.extend(paths.iter().map(|path| (*path, "stops")));
            }
            Carried::Compared { paths, columns, .. } => {
                for (_, column_type, notes) in columns {
                    remember(&mut types, brief(column_type));
                    notes.iter().for_each(|note| remember(&mut remarks, note.clone()));
                }
                let mapped = columns.iter().any(|(.., notes)| !notes.is_empty());
                let cell = if mapped { "mapped" } else { "exact" };
                cells.extend(paths.iter().map(|path| (*path, cell)));
            }
        }
    }
    let cell = |path| cells.get(&path).copied().unwrap_or("–");
    let title = outcomes[0].case.title;
    let _ = write!(page, "| {id} | {title} | {} |", listed(&types));
    for path in Path::ALL {
        let _ = write!(page, " {} |", cell(path));
    }
    let _ = writeln!(page, " {} |", listed(&remarks));
}

fn remember(words: &mut Vec<String>, word: String) {
    if !words.contains(&word) {
        words.push(word);
    }
}

/// A list that fits a cell of a table.
fn listed(words: &[String]) -> String {
    const MOST: usize = 16;
    let mut text =
        words.iter().take(MOST).map(|word| word.replace('|', "\\|")).collect::<Vec<_>>().join("; ");
    if words.len() > MOST {
        let _ = write!(text, "; and {} more", words.len() - MOST);
    }
    text
}

/// A type without its labels.
fn brief(column_type: &str) -> String {
    match column_type.split_once('(') {
        Some((kind @ ("enum" | "set"), _)) => kind.to_owned(),
        _ => column_type.to_owned(),
    }
}

/// The words of an error without what differs from run to run: names of databases, which the size of a statement
/// depends on, and positions.
fn without_names(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let is_name = Path::ALL.iter().any(|path| word.starts_with(&format!("{}_", path.name())));
        let is_size = word.len() > 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        match word.split_once('.').filter(|_| is_name) {
            Some((_, table)) => words.push(table.to_owned()),
            None if word.starts_with("transaction:") => {
                // ` at transaction:…:`
                words.pop();
                if let Some(last) = words.last_mut() {
                    last.push(':');
                }
            }
            None if is_size => words.push("…".to_owned()),
            None => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

/// Fails if the page that is checked in says something else; `OMS_UPDATE_DOCS=1` writes it instead.
pub(crate) fn check(page: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    if std::env::var_os("OMS_UPDATE_DOCS").is_some_and(|value| value == "1") {
        let folder = file.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("the folder of the documents");
        std::fs::write(&file, page).expect("the page written");
        return;
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == page,
        "docs/fidelity.md is out of date: run this test with OMS_UPDATE_DOCS=1 and check it in. It should be\n{page}"
    );
}
