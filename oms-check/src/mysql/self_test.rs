//! A question that both servers have to answer alike before their digests mean anything.

use crate::error::{Error, Result, Side};

use super::pool::Pair;

/// What is asked: each function that digests are made of, with arguments that servers have been seen to differ on.
const QUESTIONS: [(&str, &str); 8] = [
    ("SHA2", "SHA2(CONCAT(CAST('' AS BINARY),1,',',_utf8mb4 x'C3A9',x'00FF'),256)"),
    ("CONV", "CAST(CONV('FFFFFFFFFFFFFFFE',16,10) AS UNSIGNED)"),
    (
        "SUM",
        "(SELECT SUM(a) FROM (SELECT 18446744073709551615 AS a UNION ALL SELECT 18446744073709551615) AS s)",
    ),
    ("CRC32", "CRC32(CONCAT(CAST('' AS BINARY),'3:abc'))"),
    ("the text of doubles", "CAST(CAST(1.7976931348623157e308 AS JSON) AS CHAR)"),
    ("the text of decimals", "CONCAT(CAST(-1.10 AS DECIMAL(65,30)),',')"),
    ("the text of NULL", "CONCAT(LENGTH(''),':',IFNULL(NULL,'N'))"),
    ("the text of JSON", "CAST(CAST('{\"b\":[1,-2.5,null],\"a\":\"x\"}' AS JSON) AS CHAR)"),
];

/// Asks both servers.
///
/// # Errors
///
/// [`Error::SelfTest`] if they differ, or a planted difference does not show.
pub(crate) async fn self_test(pair: &mut Pair<'_>) -> Result<()> {
    let columns: Vec<&str> = QUESTIONS.iter().map(|(_, sql)| *sql).collect();
    let planted = "SHA2('1:a,1:b',256)=SHA2('1:a,1:c',256)";
    let sql = format!("SELECT {},{planted}", columns.join(","));
    let action = "testing the functions that digests are made of";
    let [source, target] = pair.both(action, &sql, &sql).await?;
    let differ = |what: &str| {
        let reason = format!(
            "{what} is not the same on both, so that equal rows would differ or different ones agree"
        );
        Err(Error::SelfTest { reason: reason.into() })
    };
    let (Some(source), Some(target)) = (source.first(), target.first()) else {
        return differ("a SELECT without a table");
    };
    let wrong = |source| Error::Server { side: Side::Source, action, source };
    for (at, (what, _)) in QUESTIONS.iter().enumerate() {
        let (a, b) = (source.bytes(at).map_err(wrong)?, target.bytes(at).map_err(wrong)?);
        if a.is_none() || a.map(<[u8]>::to_ascii_lowercase) != b.map(<[u8]>::to_ascii_lowercase) {
            return differ(what);
        }
    }
    for row in [source, target] {
        if row.bytes(QUESTIONS.len()).map_err(wrong)? != Some(b"0") {
            return differ("SHA2 of different texts");
        }
    }
    Ok(())
}
