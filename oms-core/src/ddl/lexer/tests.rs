use super::*;

fn lex(sql: &str, dialect: Dialect, mode: SqlMode) -> Result<Vec<Token<'_>>> {
    Lexer::new(sql, dialect, mode).collect()
}

fn texts(sql: &str) -> Vec<&str> {
    let tokens = lex(sql, Dialect::mysql(9, 7, 4), SqlMode::default()).unwrap();
    tokens.into_iter().map(|token| token.text).collect()
}

fn kinds(sql: &str) -> Vec<TokenKind> {
    let tokens = lex(sql, Dialect::mysql(9, 7, 4), SqlMode::default()).unwrap();
    tokens.into_iter().map(|token| token.kind).collect()
}

#[test]
fn what_has_no_end_is_refused_without_repeating_it() {
    for sql in [
        "'secret",
        "'secret\\'",
        "\"secret",
        "`secret",
        "/* secret",
        "/*! secret",
        "/*!99999 secret",
        "x'4",
        "x'4g'",
        "x'123'",
        "b'012'",
        "N'secret",
    ] {
        let error = lex(sql, Dialect::mysql(9, 7, 4), SqlMode::default()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn every_cut_of_a_statement_is_lexed_or_refused() {
    let sql = "CREATE /*!50100 TABLE */ `ä``b`.1c (x INT DEFAULT x'41' /* c */ COMMENT 'it''s \\' é', # end\n y DECIMAL(1.5e3)) -- z";
    for end in (0..=sql.len()).filter(|end| sql.is_char_boundary(*end)) {
        let _ = lex(&sql[..end], Dialect::mysql(9, 7, 4), SqlMode::default());
        let _ = lex(&sql[end..], Dialect::mariadb(10, 11, 18), SqlMode::default());
    }
}

#[test]
fn comments_are_left_out_and_two_dashes_need_a_space() {
    assert_eq!(texts("a /* b */ c # d\ne -- f\ng"), ["a", "c", "e", "g"]);
    assert_eq!(texts("1--1"), ["1", "-", "-", "1"]);
    assert_eq!(texts("1 --"), ["1"]);
    assert_eq!(texts("a /*+ hint */ b"), ["a", "b"]);
}

#[test]
fn versioned_comments_open_by_version_and_dialect() {
    let joined = |sql: &str, dialect| {
        let tokens = lex(sql, dialect, SqlMode::default()).unwrap();
        tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    };
    let new = Dialect::mysql(9, 7, 4);
    assert_eq!(joined("a /*!80000 b, /* x */ c */ d", new), "a b , c d");
    assert_eq!(joined("a /*!99999 b, /* x */ c */ d", new), "a d");
    assert_eq!(joined("a /*! b */ d", new), "a b d");
    assert_eq!(joined("a /*!080017 b */ d", new), "a b d");
    assert_eq!(joined("a /*!800179 b*/ d", new), "a d");
    assert_eq!(joined("a /*!800179, b*/ d", new), "a 9 , b d");
    assert_eq!(joined("a /*M!100100 b */ d", new), "a d");
    let old = Dialect::mysql(5, 7, 22);
    assert_eq!(joined("a /*!80000 b */ d", old), "a d");
    assert_eq!(joined("a /*!080017 b */ d", old), "a 7 b d");
    let maria = Dialect::mariadb(10, 11, 18);
    assert_eq!(joined("a /*!80000 b */ /*M!100100 c */ /*!100100 e */ d", maria), "a c e d");
    assert_eq!(joined("a /*!99999 b */ d", Dialect::oceanbase(4, 3, 5)), "a b d");
}

#[test]
fn digits_make_numbers_names_and_literals() {
    use TokenKind::{Bit, Hex, Number, Symbol, Word};
    assert_eq!(kinds("1 1.5 .5 1. 1e5 1.e-3 1E+2"), [Number; 7]);
    assert_eq!(kinds("1a 1e 0X41 0B1 0xg $a é"), [Word; 7]);
    assert_eq!(kinds("0x41 x'41' X'4142'"), [Hex; 3]);
    assert_eq!(kinds("0b01 b'01' B''"), [Bit; 3]);
    assert_eq!(kinds("db.1t"), [Word, Symbol, Word]);
    assert_eq!(kinds("db.12"), [Word, Symbol, Word]);
    assert_eq!(texts("1e5x"), ["1e5", "x"]);
}

#[test]
fn quotes_follow_the_mode() {
    let mode = SqlMode::default();
    let first = |sql, mode| lex(sql, Dialect::mysql(9, 7, 4), mode).unwrap()[0];
    assert_eq!(first("'it''s \\n\\%\\x\"'", mode).string(mode).unwrap(), "it's \n\\%x\"");
    assert_eq!(first("\"a\"\"b'\"", mode).string(mode).unwrap(), "a\"b'");
    assert_eq!(first("N'x'", mode).string(mode).unwrap(), "x");
    assert_eq!(first("`a``b`", mode).identifier().unwrap(), "a`b");
    let ansi = mode.with_ansi_quotes(true);
    assert_eq!(first("\"a\"\"b\"", ansi).identifier().unwrap(), "a\"b");
    let plain = mode.with_no_backslash_escapes(true);
    assert_eq!(first("'a\\'", plain).string(plain).unwrap(), "a\\");
}

#[test]
fn literals_are_read_to_bytes() {
    let bytes = |sql| lex(sql, Dialect::mysql(9, 7, 4), SqlMode::default()).unwrap()[0].bytes();
    assert_eq!(bytes("0x123").unwrap(), [0x01, 0x23]);
    assert_eq!(bytes("x'00ff'").unwrap(), [0x00, 0xff]);
    assert_eq!(bytes("b'101'").unwrap(), [5]);
    assert_eq!(bytes("b''").unwrap(), [0_u8; 0]);
    assert_eq!(bytes("'x'"), None);
}

#[test]
fn operators_are_one_token() {
    assert_eq!(
        texts("a->>'$' <=> b<=c||d:=1"),
        ["a", "->>", "'$'", "<=>", "b", "<=", "c", "||", "d", ":=", "1"]
    );
}
