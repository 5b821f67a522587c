//! Bytes of every character set against the server's own conversion: the same text, or an error, never another text.

use oms_core::mysql::LiteralWriter;
use oms_core::row::CellFormat;
use oms_core::schema::{Charset, Collation, Column, ColumnType};
use oms_test_servers::{Server, Servers};

/// Where the codes of a character set are looked for: queries of their bytes as hexadecimal digits.
fn candidates(charset: Charset) -> Vec<String> {
    let numbers = |from: u32, to: u32, step: u32, code: &str| {
        format!(
            "WITH RECURSIVE r(n) AS (SELECT {from} UNION ALL SELECT n+{step} FROM r WHERE n+{step}<={to}) \
             SELECT {code} AS h FROM r"
        )
    };
    let digits = |from, to, prefix: &str, width| {
        numbers(from, to, 1, &format!("CONCAT('{prefix}', LPAD(HEX(n), {width}, '0'))"))
    };
    // Code points as the server writes them; halves of pairs are none.
    let code_points = |to, step| {
        let code = format!(
            "IF(n BETWEEN 0xd800 AND 0xdfff, NULL, HEX(CONVERT(CHAR(n USING utf32) USING {charset})))"
        );
        numbers(0, to, step, &code)
    };
    match charset {
        Charset::Ucs2 => vec![digits(0, 0xffff, "", 4), digits(0, 0xff, "", 2)],
        Charset::Utf16 | Charset::Utf16le => {
            vec![digits(0, 0xffff, "", 4), code_points(0x10_ffff, 101), digits(0xd800, 0xd900, "D83D", 4)]
        }
        Charset::Utf32 => vec![code_points(0x10_ffff, 101), digits(0xd7ff, 0xe000, "0000", 4)],
        Charset::Utf8mb3 => vec![code_points(0xffff, 1), digits(0, 0xff, "", 2)],
        Charset::Utf8mb4 => vec![code_points(0x10_ffff, 17), digits(0, 0xff, "", 2)],
        Charset::Gb18030 => {
            vec![digits(0, 0xff, "", 2), digits(0x8000, 0xffff, "", 4), code_points(0x10_ffff, 7)]
        }
        Charset::Ujis | Charset::Eucjpms => {
            vec![digits(0, 0xff, "", 2), digits(0x8000, 0xffff, "", 4), digits(0xa1a1, 0xffff, "8F", 4)]
        }
        charset if charset.max_char_bytes() == 2 => {
            vec![digits(0, 0xff, "", 2), digits(0x8000, 0xffff, "", 4)]
        }
        _ => vec![digits(0, 0xff, "", 2)],
    }
}

/// What was found for one character set.
#[derive(Debug, Default)]
struct Found {
    same: usize,
    wrong: Vec<String>,
}

async fn judge(server: &Server, charset: Charset) -> Found {
    let mut found = Found::default();
    for candidates in candidates(charset) {
        let sql = format!(
            "SET SESSION cte_max_recursion_depth=2000000, sql_mode=''; \
             SELECT h, HEX(CONVERT(CONVERT(UNHEX(h) USING {charset}) USING utf32)), \
             LENGTH(CONVERT(CONVERT(CONVERT(UNHEX(h) USING {charset}) USING utf32) USING {charset})) FROM ({candidates}) x \
             WHERE h IS NOT NULL"
        );
        for row in server.query(&sql).await.expect("an answer") {
            let [Some(code), text, length] = &row[..] else { panic!("{charset}: a row without a code") };
            let bytes = unhex(code);
            let text = text.as_deref().and_then(|text| converted(charset, &bytes, text));
            match (charset.decode(&bytes).ok(), text) {
                (Some(ours), Some(theirs)) if ours == theirs => found.same += 1,
                (None, None) => {}
                // The server stopped at what is malformed, or added to it.
                (None, Some(_)) if *length != Some(bytes.len().to_string()) => {}
                (ours, theirs) => found.wrong.push(format!("{code} is {ours:?}, not {theirs:?}")),
            }
        }
    }
    found
}

/// What the server made of a code, unless that is `?` or U+FFFD for want of anything better.
fn converted(charset: Charset, bytes: &[u8], text: &str) -> Option<String> {
    let codes = unhex(text);
    let (codes, _) = codes.as_chunks::<4>();
    let text: Option<String> = codes.iter().map(|code| char::from_u32(u32::from_be_bytes(*code))).collect();
    let is_unicode =
        charset.name().starts_with("u") && charset != Charset::Ujis || charset == Charset::Gb18030;
    let of = |text: &str, wanted: char| text.chars().filter(|character| *character == wanted).count();
    let question_marks = bytes.iter().filter(|byte| **byte == b'?').count();
    text.filter(|text| {
        !text.is_empty() && of(text, '?') <= question_marks && (is_unicode || of(text, '\u{fffd}') == 0)
    })
}

pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}

#[tokio::test]
async fn bytes_become_what_the_server_makes_of_them() {
    let Some(server) = Servers::mysql().start_or_skip("charsets").await else {
        return;
    };
    let mut failures = Vec::new();
    for charset in Charset::ALL.iter().filter(|charset| **charset != Charset::Binary) {
        let found = judge(&server, *charset).await;
        println!("{charset}: {} codes as the server converts them", found.same);
        if !found.wrong.is_empty() || found.same < 127 {
            let (count, first) = (found.wrong.len(), &found.wrong[..found.wrong.len().min(10)]);
            failures.push(format!("{charset}: {} right, {count} wrong: {first:?}", found.same));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn oms_knows_the_character_sets_of_the_servers() {
    for name in ["mysql", "seekdb"] {
        let builder = Servers::by_name(name).expect("a kind");
        let Some(server) = builder.start_or_skip("charsets").await else {
            continue;
        };
        let rows = server.query("SHOW CHARACTER SET").await.expect("character sets");
        let names = rows.into_iter().filter_map(|row| row.into_iter().next().flatten());
        let unknown: Vec<String> = names.filter(|name| Charset::from_name(name).is_none()).collect();
        assert_eq!(unknown, [""; 0], "{name}");
    }
}

#[test]
fn an_unknown_character_set_is_refused_with_the_column() {
    let column = Column::new("note", ColumnType::VarChar { length: 9 })
        .with_collation(Some(Collation::new("hkscs_chinese_ci")));
    let error = LiteralWriter::new(CellFormat::MysqlText, &column).expect_err("a refusal");
    assert!(matches!(error, oms_core::Error::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("column note"), "{error}");
}

#[test]
fn text_that_is_not_of_its_character_set_is_refused_with_the_column() {
    let column = Column::new("note", ColumnType::VarChar { length: 9 })
        .with_collation(Some(Collation::new("gbk_chinese_ci")));
    let writer = LiteralWriter::new(CellFormat::MysqlText, &column).expect("a writer");
    let error = writer.write(b"\xa2\xab", &mut Vec::new()).expect_err("a refusal");
    assert!(matches!(error, oms_core::Error::Decode { .. }), "{error:?}");
    assert!(error.to_string().contains("column note"), "{error}");
}
