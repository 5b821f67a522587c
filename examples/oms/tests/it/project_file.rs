//! What is wrong with a project file is told with its line, before anything is connected to.

use std::fs;
use std::path::PathBuf;

use crate::support::Program;

const GOOD: &str = "name = \"shop\"\n[source]\nurl = \"mysql://app:hunter2@127.0.0.1:1\"\n[sink]\n\
                    url = \"oceanbase://127.0.0.1:1\"\n[objects]\ninclude = [\"shop.*\"]\n";

async fn refused(test: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}.toml", std::process::id()));
    fs::write(&path, text).unwrap();
    let output = Program::new(path.clone()).run("run", &[]).await.expect(2);
    fs::remove_file(path).unwrap();
    assert!(output.out.is_empty(), "{}", output.out);
    output.err
}

#[tokio::test]
async fn a_mistyped_key_is_told_with_its_line() {
    let error = refused("mistyped", &GOOD.replace("include", "inclode")).await;
    assert!(error.contains("line 7, column 1: unknown field `inclode`"), "{error}");
    assert!(error.contains("`include`"), "the known keys are named: {error}");
    let error = refused("broken", &GOOD.replace("[sink]", "[sink")).await;
    assert!(error.contains("line 4"), "{error}");
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_told_and_none_is_repeated() {
    let with = |line: &str| GOOD.replace("[objects]", &format!("{line}\n[objects]"));
    let error = refused("env", &with("password = { env = \"OMS_NOT_SET_ANYWHERE\" }")).await;
    assert!(error.contains("OMS_NOT_SET_ANYWHERE is not set"), "{error}");
    let error = refused("file", &with("password = { file = \"is/not/there\" }")).await;
    assert!(error.contains("is/not/there"), "{error}");
    let error = refused("plain", &with("password = \"hunter2\"")).await;
    assert!(error.contains("line 6") && !error.contains("hunter2"), "{error}");
    let error = refused("syntax", &GOOD.replace("3306\"", "").replace("127.0.0.1:1\"", "127.0.0.1:1")).await;
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_missing_file_and_wrong_words_are_bad_usage() {
    let program = Program::new("is/not/there.toml".into());
    let output = program.run("run", &[]).await.expect(2);
    assert!(
        output.err.contains("is/not/there.toml") && output.err.contains("No such file"),
        "{}",
        output.err
    );
    program.run("run", &["--until", "tomorrow"]).await.expect(2);
    program.run("wait", &["--caught-up", "--timeout", "soon"]).await.expect(2);
    program.run("wait", &[]).await.expect(2);
}

#[tokio::test]
async fn errors_are_json_when_asked_for() {
    let output = Program::new("is/not/there.toml".into()).run("status", &["--json"]).await.expect(2);
    let error: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert!(error["error"].as_str().unwrap().contains("is/not/there.toml"));
}
