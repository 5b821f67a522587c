//! The test tables in `tests/data/ddl`.
//!
//! `## name` begins a case. `#! …` lines set it up:
//!
//! * `from 8.0.13`, `until 5.7.99`: the MySQL versions that take its statements;
//! * `mariadb`: MariaDB takes them as well, and to the same effect;
//! * `mode ANSI_QUOTES`: the `sql_mode` of the session that runs them;
//! * `set …`: a SET statement before them;
//! * `refused …`: our reading must stop with an error that holds these words;
//! * `unknown`: our reading must name the table as unknown;
//! * `target seekdb …`: carrying to this server stops with an error that holds these words.
//!
//! Then come statements, one a line: those behind `> ` are judged, the others only prepare. `{db}` is the case's database.

/// One case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) from: Option<(u16, u16, u16)>,
    pub(crate) until: Option<(u16, u16, u16)>,
    pub(crate) with_mariadb: bool,
    pub(crate) mode: Option<String>,
    pub(crate) settings: Vec<String>,
    pub(crate) refused: Option<String>,
    pub(crate) unknown: bool,
    pub(crate) targets: Vec<(String, String)>,
    pub(crate) given: Vec<String>,
    pub(crate) steps: Vec<String>,
}

/// Reads a file; panics at a line that it does not understand, with its number.
pub(crate) fn parse(file: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = format!("{file}.sql:{}", number + 1);
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: format!("{file}: {name}"), ..Case::default() });
            continue;
        }
        if line.trim().is_empty() || line.starts_with("-- ") {
            continue;
        }
        let case = cases.last_mut().unwrap_or_else(|| panic!("{at}: no case has begun"));
        if let Some(setting) = line.strip_prefix("#! ") {
            set(case, setting, &at);
        } else if let Some(statement) = line.strip_prefix("> ") {
            case.steps.push(statement.to_owned());
        } else {
            assert!(case.steps.is_empty(), "{at}: preparing statements come before judged ones");
            case.given.push(line.to_owned());
        }
    }
    for case in &cases {
        assert!(!case.steps.is_empty(), "{} judges nothing", case.name);
    }
    cases
}

fn set(case: &mut Case, setting: &str, at: &str) {
    let (word, rest) = setting.split_once(' ').unwrap_or((setting, ""));
    match word {
        "from" => case.from = Some(version(rest, at)),
        "until" => case.until = Some(version(rest, at)),
        "mariadb" => case.with_mariadb = true,
        "mode" => case.mode = Some(rest.to_owned()),
        "set" => case.settings.push(rest.to_owned()),
        "refused" => case.refused = Some(rest.to_owned()),
        "unknown" => case.unknown = true,
        "target" => {
            let (target, words) = rest.split_once(' ').unwrap_or_else(|| panic!("{at}: words are missing"));
            case.targets.push((target.to_owned(), words.to_owned()));
        }
        _ => panic!("{at}: {word} is no setting"),
    }
}

fn version(text: &str, at: &str) -> (u16, u16, u16) {
    let numbers: Vec<u16> = text.split('.').filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [major, minor, patch] => (*major, *minor, *patch),
        _ => panic!("{at}: {text} is no version"),
    }
}
