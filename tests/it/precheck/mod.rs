//! Findings of the checks before a migration, each provoked on a real server.

mod source;
mod target;

use oms_core::mysql::ConnectOptions;
use oms_core::project::{CheckReport, Severity};

/// The server of a URL of the test servers, whatever database it names.
fn options(url: &str) -> ConnectOptions {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let server = rest.split(['/', '?']).next().expect("a server");
    ConnectOptions::from_url(&format!("{scheme}://{server}")).expect("a URL of the test servers")
}

/// The codes of the errors, in order.
fn errors(report: &CheckReport) -> Vec<&str> {
    report.findings_of(Severity::Error).map(|finding| &*finding.code).collect()
}

/// The first finding of a code, with everything that was found where there is none.
fn text(report: &CheckReport, code: &str) -> String {
    match report.findings.iter().find(|finding| *finding.code == *code) {
        Some(finding) => finding.to_string(),
        None => panic!("no {code} in:\n{report}"),
    }
}
