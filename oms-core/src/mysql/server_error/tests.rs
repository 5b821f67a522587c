//! Texts as MySQL 9.7.4, 8.0.15 and 5.7.22, MariaDB 10.11.18 and seekdb 1.4.0 sent them.

use super::*;

fn message(flavour: Flavour, code: u16, text: &str) -> String {
    ServerError::new(flavour, code, "HY000", text).message.into_string()
}

#[test]
fn a_duplicate_names_its_key_and_not_its_value() {
    for (text, safe) in [
        ("Duplicate entry 'it's for key 'users.pin' x' for key 't.email'", "duplicate entry for key t.email"),
        ("Duplicate entry '1' for key 'PRIMARY'", "duplicate entry for key PRIMARY"),
        ("Duplicate entry 'a' for key 'b' for key 'u_名'", "duplicate entry for key u_名"),
        // What follows the last such words is no plain name, so it may be a part of the value.
        ("Duplicate entry 'x for key 'pin 1234' y'", "duplicate entry"),
        ("Duplicate entry 'x for key 'pin", "duplicate entry"),
        ("Duplicate entry 'secret'", "duplicate entry"),
        ("", "duplicate entry"),
    ] {
        assert_eq!(message(Flavour::MySql, 1062, text), safe);
    }
}

#[test]
fn a_text_that_may_be_cut_gives_no_name() {
    let value = format!("{} for key 'pin1234'", "x".repeat(500));
    assert_eq!(message(Flavour::MySql, 1062, &format!("Duplicate entry '{value}")), "duplicate entry");
    let value = format!("{}' for column 'pin' at row 1234", "x".repeat(500));
    assert_eq!(
        message(Flavour::MySql, 1366, &format!("Incorrect string value: '{value}")),
        "incorrect string value"
    );
}

#[test]
fn a_wrong_value_names_its_kind_column_and_row() {
    for (code, text, safe) in [
        (
            1366,
            "Incorrect integer value: 'abc' for column 'n' at row 1",
            "incorrect integer value for column n at row 1",
        ),
        (
            1366,
            "Incorrect integer value: 'abc' for column `shop`.`t`.`n` at row 1",
            "incorrect integer value for column shop.t.n at row 1",
        ),
        (
            1366,
            "Incorrect integer value for column 'n' at row 1",
            "incorrect integer value for column n at row 1",
        ),
        (1366, "Incorrect string value", "incorrect string value"),
        (1292, "Truncated incorrect DOUBLE value: 'secret'", "truncated incorrect double value"),
        (
            1292,
            "Truncated incorrect DOUBLE value: ' for column 'x' at row 7'",
            "truncated incorrect double value",
        ),
        (1292, "Incorrect value", "incorrect value"),
        (
            1292,
            "Incorrect datetime value: 'a' for column 'b' at row 3' for column 'd' at row 12",
            "incorrect datetime value for column d at row 12",
        ),
        (1366, "s3cret: 'x'", "incorrect value"),
    ] {
        assert_eq!(message(Flavour::MySql, code, text), safe);
    }
}

#[test]
fn texts_with_values_or_statements_are_rebuilt() {
    for (code, text) in [
        (1064, "You have an error … to use near 'secret' at line 1"),
        (1064, "You have an error … to use near 'secret at line secret"),
        (1690, "BIGINT UNSIGNED value is out of range in '(`shop`.`t`.`u` - secret)'"),
        (1526, "Table has no partition for value secret"),
        (1644, "secret value"),
        (1367, "Illegal double 'secret' value found during parsing"),
        (1300, "Invalid utf8mb4 character string: 'secret'"),
        (1411, "Incorrect datetime value: 'secret' for function str_to_date"),
        (1105, "secret"),
        (3819 + 6000, "secret"),
        (1761, "Foreign key constraint for table 't', record 'secret' would lead to a duplicate"),
        (3140, "Invalid JSON text: \"secret\" at position 1 in value for column 't.secret'secret'."),
        (4038, "Syntax error in JSON text in argument 1 to function 'json_extract' at secret"),
    ] {
        let message = message(Flavour::MySql, code, text);
        assert!(!message.contains("secret"), "{code}: {message}");
        assert!(!message.is_empty());
    }
    let json =
        "Invalid JSON text: \"Missing a name for object member.\" at position 1 in value for column 't.j'.";
    assert_eq!(message(Flavour::MySql, 3140, json), "invalid JSON text for column t.j");
    let syntax = "You have an error in your SQL syntax; check the manual … near 'secret' at line 12";
    assert_eq!(message(Flavour::MySql, 1064, syntax), "syntax error at line 12");
}

#[test]
fn texts_of_names_and_settings_are_kept() {
    for (flavour, code, text) in [
        (Flavour::MySql, 1146, "Table 'shop.nope' doesn't exist"),
        (Flavour::MySql, 1406, "Data too long for column 'email' at row 1"),
        (
            Flavour::MySql,
            1452,
            "Cannot add or update a child row: a foreign key constraint fails (`shop`.`c`, CONSTRAINT `fk1` …)",
        ),
        (
            Flavour::MySql,
            1236,
            "Got fatal error 1236 from source when reading data from binary log: 'Could not find …'",
        ),
        (Flavour::MariaDb, 4025, "CONSTRAINT `t.j` failed for `shop`.`t`"),
        (Flavour::OceanBase, 4012, "Timeout, query has reached the maximum"),
        (Flavour::MySql, 1045, "Access denied for user 'app'@'localhost' (using password: YES)"),
    ] {
        assert_eq!(message(flavour, code, text), text);
    }
    // The same number at another product is another text.
    assert!(message(Flavour::OceanBase, 4025, "secret").contains("withheld"));
}

#[test]
fn a_kept_text_is_one_line_of_bounded_length() {
    let text = format!("Unknown database 'a\nb\u{1b}[31m'{}", "x".repeat(5000));
    let safe = message(Flavour::MySql, 1049, &text);
    assert!(safe.starts_with("Unknown database 'a b [31m'"));
    assert!(safe.len() < 1100 && safe.ends_with('…'));
}

#[test]
fn a_malformed_sqlstate_is_not_repeated() {
    let error = ServerError::new(Flavour::MySql, 1146, "'x", "Table 'a.b' doesn't exist");
    assert_eq!(&*error.sqlstate, "HY000");
    assert_eq!(error.to_string(), "server error 1146 (HY000): Table 'a.b' doesn't exist");
}

#[test]
fn the_servers_error_is_found_behind_an_error_of_a_connector() {
    let error = Error::Connector {
        connector: "mysql",
        action: "INSERT".into(),
        class: ErrorClass::Data,
        at: Box::default(),
        source: Box::new(ServerError::new(Flavour::MySql, 1062, "23000", "")),
    };
    assert_eq!(ServerError::of(&error).unwrap().code, 1062);
    assert!(ServerError::of(&Error::config("a", "b")).is_none());
}
