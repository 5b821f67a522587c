use super::*;

const GOOD: &str = r#"name = "shop"
memory = "32MiB"
[source]
url = "mysql://127.0.0.1:3306"
user = "app"
[sink]
url = "oceanbase://127.0.0.1:2881"
user = "root@tenant#cluster"
connect_timeout = "3s"
[objects]
include = ["shop.*"]
exclude = ["shop.tmp_*"]
[objects.map]
"shop" = "shop_new"
[steps]
verify = false
"#;

fn parse(text: &str) -> Result<Project, SpecError> {
    Project::parse(text, Path::new("shop.toml"))
}

fn refused(text: &str) -> String {
    let project = match parse(text) {
        Ok(project) => project,
        Err(error) => return error.to_string(),
    };
    let folder = Path::new("/nowhere");
    let source = project.source.connect_options("source", folder).map(drop);
    source.and_then(|()| project.sink.connect_options("sink", folder).map(drop)).unwrap_err().to_string()
}

#[test]
fn a_project_is_read() {
    let project = parse(GOOD).unwrap();
    assert_eq!((project.name.as_str(), project.memory), ("shop", Bytes(32 << 20)));
    let steps = &project.steps;
    assert_eq!((steps.schema, steps.full, steps.incremental, steps.verify), (true, true, true, false));
    let sink = project.sink.connect_options("sink", Path::new(".")).unwrap();
    assert_eq!((sink.user.as_str(), sink.connect_timeout), ("root@tenant#cluster", Duration::from_secs(3)));
    assert_eq!(project.sink.product("sink").unwrap(), Product::OceanBase);
    assert!(project.selection(NameCase::Lower).unwrap().is_selected(&oms_core::TableName::new("Shop", "a")));
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let error = refused(&GOOD.replace("exclude", "excludes"));
    assert!(error.starts_with("shop.toml, line 12, column 1: unknown field `excludes`"), "{error}");
    let error = refused(&GOOD.replace("[steps]", "[stepps]"));
    assert!(error.starts_with("shop.toml, line 15, column 2: unknown field `stepps`"), "{error}");
    let error = refused(&GOOD.replace("\"3s\"", "3"));
    assert!(error.contains("line 9") && error.contains("a time such as"), "{error}");
    let error = refused("name = \"x\"\n[source\n");
    assert!(error.starts_with("shop.toml, line 2"), "{error}");
    assert!(refused(&GOOD.replace("name = \"shop\"", "name = \"a b\"")).contains("key name"));
    assert!(refused(&GOOD.replace("shop.*", "shop")).contains("key objects"));
}

#[test]
fn no_secret_is_repeated() {
    let with = |line: &str| refused(&GOOD.replace("user = \"app\"", line));
    for (line, reason) in [
        ("password = \"hunter2\"", "a password is not written here"),
        ("password = hunter2", "line 5"),
        ("password = { env = \"hunter2\", file = \"x\" }", "line 5"),
        ("password = { envv = \"hunter2\" }", "unknown field `envv`"),
        ("tls = \"hunter2\"", "line 5"),
        ("tls_ca = 5", "line 5"),
        ("connect_timeout = \"hunter2\"", "a time such as"),
        ("password = { env = \"OMS_TEST_IS_NEVER_SET\" }", "OMS_TEST_IS_NEVER_SET is not set"),
        ("password = { file = \"secret.txt\" }", "/nowhere/secret.txt"),
    ] {
        let error = with(line);
        assert!(error.contains(reason) && !error.contains("hunter2"), "{line}: {error}");
    }
    for (url, reason) in [
        ("mysql://root@t#c:hunter2@127.0.0.1", "has a #"),
        ("mysql://root@t:hunter2@127.0.0.1", "more than one @"),
        ("mysql://u:hunter2@127.0.0.1", "leave out one"),
        ("hunter2", "begins with mysql://"),
        ("mysql://127.0.0.1/hunter2", "names no database"),
    ] {
        let error = refused(&GOOD.replace("mysql://127.0.0.1:3306", url));
        assert!(error.contains(reason) && !error.contains("hunter2"), "{url}: {error}");
    }
}

#[test]
fn the_default_patience_outlasts_a_server_that_is_away_for_five_minutes() {
    let project = parse(GOOD).unwrap();
    let Seconds(patience) = project.retry.give_up_after;
    let policy = oms_core::pipeline::RetryPolicy::default();
    let source = project.source.connect_options("source", Path::new(".")).unwrap();
    // It comes back while the last attempt waits in vain for an answer, and the longest pause follows.
    let needed = Duration::from_secs(5 * 60) + source.io_timeout.max(source.connect_timeout) + policy.max;
    assert!(patience > needed, "{patience:?} is not longer than {needed:?}");
    assert_eq!(policy.give_up_after, Some(patience), "the library's default is another one");
}
