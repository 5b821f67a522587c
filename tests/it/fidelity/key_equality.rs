//! Keys that a server calls equal must have equal hashes, or be wild: under every collation of every target.

use std::sync::Arc;

use bytes::Bytes;
use oms_core::TableName;
use oms_core::row::{CellFormat, KeyHash, KeyHasher, RowBatch, RowLayout, Span};
use oms_core::schema::{Collation, Column, ColumnType, Key, KeyKind, TableSchema};
use oms_test_servers::{Database, ServerBuilder, Servers};

/// Texts that some collation may call equal.
fn samples() -> Vec<String> {
    let mut samples: Vec<String> = (' '..='~').map(String::from).collect();
    let accents = "ÀÁÂÃÄÅàáâãäåÆæÇçÈÉèéÌìÑñÒÖØòöøŒœÙÜùüÝýÿßẞÞþÐðŠšŽžŁłİıĄąĐđŐőŰűſ";
    samples.extend(accents.chars().map(String::from));
    let others = "ΑΆαάΣσςАЁЕаёеЙйИиІі①１ａＡﬀﬁ²ªº½€£¥‐‑–—‘’“”«»…·́\u{a0}\u{ad}\u{200b}\u{200d}\u{feff}\u{3000}\0\u{1}\t\n\r\u{7f}\u{80}";
    samples.extend(others.chars().map(String::from));
    let wide = "あアｱぁァがカ゛ガ一丁丂龥鿿㐀䶵⼀⺀々中国國数據据啊阿豈更가각힣😀😁👨";
    samples.extend(wide.chars().map(String::from));
    let words = [
        "",
        "  ",
        "a ",
        "A  ",
        " a",
        "ab",
        "AB",
        "aB ",
        "a b",
        "a\0",
        "a\0 ",
        "a\t",
        "a \t",
        "a\u{ad}b",
        "a\u{200b}b",
        "ss",
        "SS",
        "ae",
        "AE",
        "oe",
        "ue",
        "th",
        "d",
        "e\u{301}",
        "E\u{301}",
        "a\u{308}",
        "n\u{303}",
        "v",
        "w",
        "V",
        "W",
        "y",
        "ij",
        "IJ",
        "ĳ",
        "ch",
        "ll",
        "lj",
        "nj",
        "dž",
        "fi",
        "ff",
        "1",
        "01",
        "a-b",
        "a_b",
        "a.b",
        "co-op",
        "coop",
        "中 ",
        "中\u{3000}",
        "中国 ",
        "数据",
        "数 据",
        "か゛",
        "ひらがな",
        "ヒラガナ",
        "カー",
        "カア",
        "가",
        "\u{1100}\u{1161}",
        "a中",
        "A中",
        "é中",
        "E中",
        "ﾊﾞ",
        "バ",
        "abc\u{0}def",
        "ABCDEF",
    ];
    samples.extend(words.map(str::to_owned));
    samples
}

/// A hash of the key for each text, in the bytes of the column.
fn hashes(collation: &Collation, texts: &[Vec<u8>]) -> Vec<KeyHash> {
    let column = Column::new("k", ColumnType::VarChar { length: 20 }).with_collation(Some(collation.clone()));
    let key = Key::unique("PRIMARY", KeyKind::Primary, ["k"]);
    let schema = Arc::new(TableSchema::new(TableName::new("s", "t"), vec![column]).with_keys(vec![key]));
    let layout = Arc::new(RowLayout::whole(Arc::clone(&schema), CellFormat::MysqlText));
    let (mut data, mut spans) = (Vec::new(), Vec::new());
    for text in texts {
        spans.push(Span::new(data.len() as u32, text.len() as u32));
        data.extend_from_slice(text);
    }
    let rows = RowBatch::new(Arc::clone(&layout), Bytes::from(data), Bytes::new(), spans);
    let mut hasher = KeyHasher::new(&schema, &layout).expect("a unique key");
    let mut out = Vec::new();
    rows.rows().for_each(|row| hasher.hash(row, &mut out).expect("a hash"));
    out
}

async fn judge(server: &Database, collation: &str, failures: &mut Vec<String>) -> (usize, usize) {
    let collation = Collation::new(collation);
    let Some(charset) = collation.charset() else {
        failures.push(format!("{collation}: its character set is unknown"));
        return (0, 0);
    };
    // The samples that the character set has, each in its bytes.
    let own = "SELECT id, CONVERT(s USING {charset}) AS s FROM samples \
               WHERE HEX(CONVERT(CONVERT(s USING {charset}) USING utf8mb4)) = HEX(s)"
        .replace("{charset}", charset.name());
    let rows = server.query(&format!("SELECT id, HEX(s) FROM ({own}) x ORDER BY id")).await;
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for row in rows.expect("samples") {
        let [Some(id), Some(hex)] = &row[..] else { panic!("a sample without bytes") };
        ids.push(id.parse::<usize>().expect("a number"));
        texts.push(super::charsets::unhex(hex));
    }
    let hashes = hashes(&collation, &texts);
    // Nothing is said of keys that are wild.
    if hashes.iter().all(|hash| hash.wild) {
        return (0, 0);
    }
    let sql = format!(
        "SELECT a.id, b.id FROM ({own}) a JOIN ({own}) b \
         ON a.id < b.id AND a.s COLLATE {collation} = b.s COLLATE {collation}"
    );
    let pairs = server.query(&sql).await.unwrap_or_else(|error| panic!("{collation}: {error:?}"));
    let samples = samples();
    for pair in &pairs {
        let place = |at: usize| {
            let id: usize = pair[at].as_ref().expect("an id").parse().expect("a number");
            ids.binary_search(&id).expect("a sample")
        };
        let (one, other) = (place(0), place(1));
        if hashes[one].wild || hashes[other].wild || hashes[one] == hashes[other] {
            continue;
        }
        failures.push(format!("{collation}: {:?} = {:?}", samples[ids[one]], samples[ids[other]]));
    }
    (pairs.len(), hashes.iter().filter(|hash| !hash.wild).count())
}

async fn every_collation_of(server: ServerBuilder) {
    let name = server.kind();
    let Some(server) = server.start_or_skip("key_equality").await else {
        return;
    };
    let server = server.create_database("keys").await.expect("a database");
    let rows: Vec<String> = samples()
        .iter()
        .enumerate()
        .map(|(id, text)| {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            // Nothing has no hexadecimal digits.
            format!("({id}, CONVERT(UNHEX('{hex}') USING utf8mb4))")
        })
        .collect();
    let make = format!(
        "CREATE TABLE samples (id INT PRIMARY KEY, s VARCHAR(20) CHARACTER SET utf8mb4); \
         INSERT INTO samples VALUES {}",
        rows.join(",")
    );
    server.query(&make).await.expect("samples");
    let collations = server.query("SELECT COLLATION_NAME FROM information_schema.COLLATIONS").await;
    let mut collations: Vec<String> =
        collations.expect("collations").into_iter().flatten().flatten().collect();
    collations.sort();
    collations.retain(|collation| collation != "binary");
    let mut failures = Vec::new();
    let (mut equal, mut told_apart) = (0, 0);
    for collation in &collations {
        let (pairs, tame) = judge(&server, collation, &mut failures).await;
        (equal, told_apart) = (equal + pairs, told_apart + tame);
    }
    println!(
        "{name}: {} collations, {equal} equal pairs, {told_apart} keys that are not wild",
        collations.len()
    );
    assert!(equal > 100 && told_apart > 100, "{equal} {told_apart}");
    assert!(failures.is_empty(), "{} pairs:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn equal_keys_hash_equally_under_every_collation_of_mysql() {
    every_collation_of(Servers::mysql()).await;
}

#[tokio::test]
async fn equal_keys_hash_equally_under_every_collation_of_oceanbase() {
    every_collation_of(Servers::seekdb()).await;
}
