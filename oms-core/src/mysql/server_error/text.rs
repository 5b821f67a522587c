//! Texts of server errors without row values.

use std::borrow::Cow;

use crate::mysql::server::Flavour;

/// What is said in place of a text that may hold row values.
const WITHHELD: &str = "its text is withheld, as it may repeat row values";

/// The longest text that is kept, in bytes; MySQL cuts its own at 512.
const MAX_BYTES: usize = 1024;

/// From this length on a text may have been cut, so that its end may lie inside a value.
const MAY_BE_CUT: usize = 480;

/// A text without row values.
pub(super) fn safe_text(flavour: Flavour, code: u16, text: &str) -> Cow<'static, str> {
    match code {
        1062 | 1586 => match duplicate_key(text) {
            Some(key) => format!("duplicate entry for key {key}").into(),
            None => "duplicate entry".into(),
        },
        1366 | 1292 => wrong_value(text).into(),
        1064 => match text.rsplit_once(" at line ") {
            Some((_, line)) if is_number(line) => format!("syntax error at line {line}").into(),
            _ => "syntax error".into(),
        },
        1300 => "bytes that are not text of their character set".into(),
        1367 => "a literal that is no number of its type".into(),
        1411 => "a value that a function cannot convert".into(),
        1526 => "the table has no partition for a row".into(),
        1690 => "a number that is out of the range of its type".into(),
        1644 => "raised by SIGNAL; its text is withheld, as it may repeat row values".into(),
        3140 => match text.rsplit_once(" in value for column ") {
            Some((_, column)) => match names(column.trim_end_matches('.')) {
                Some(column) => format!("invalid JSON text for column {column}").into(),
                None => "invalid JSON text".into(),
            },
            None => "invalid JSON text".into(),
        },
        3141 => "invalid JSON text in an argument of a function".into(),
        code if holds_no_values(flavour, code) => printable(text).into(),
        _ => WITHHELD.into(),
    }
}

/// Numbers whose texts are made of identifiers, sizes, settings and positions only.
///
/// Each was looked up in the message catalogue of MySQL 9.7; a number whose text has a place for a value, a message
/// of somebody else (`%s`) or a part of the statement is not here.
fn holds_no_values(flavour: Flavour, code: u16) -> bool {
    let shared = matches!(
        code,
        // Files, disks and memory; tables and databases that exist, do not exist or are locked.
        1005..=1011 | 1016 | 1017 | 1020 | 1021 | 1022 | 1025 | 1027 | 1030..=1038
            // Connections and shutdown.
            | 1040..=1043 | 1047 | 1053 | 1077 | 1079 | 1080 | 1094 | 1095 | 1129 | 1130 | 1135 | 1152..=1154
            | 1158..=1161 | 1184 | 1203 | 1226 | 2006 | 2013
            // Rights.
            | 1044 | 1045 | 1131..=1133 | 1141..=1143 | 1147 | 1211 | 1227 | 1251 | 1275 | 1370 | 1396 | 1403 | 1698
            | 1862 | 3118 | 3202 | 3530 | 3552..=3554 | 3630
            // Names of tables, columns, keys and aliases.
            | 1046 | 1048..=1052 | 1054..=1056 | 1059..=1061 | 1063 | 1066..=1075 | 1081 | 1082 | 1084 | 1089..=1091
            | 1093 | 1097 | 1099..=1103 | 1109 | 1110 | 1112..=1118 | 1120 | 1121 | 1136 | 1138 | 1140 | 1144..=1146 | 1148
            | 1162..=1171 | 1173 | 1175 | 1176 | 1178 | 1191 | 1194..=1196 | 1364 | 3503 | 3673 | 3675
            // Locks and transactions.
            | 1104 | 1180..=1183 | 1192 | 1197 | 1205..=1207 | 1213 | 1223 | 1317 | 1412 | 1615 | 1637
            | 1689 | 1792 | 1836 | 1399 | 1402 | 1613 | 1614 | 3024 | 3032 | 3058 | 3098 | 3101 | 3169 | 3572
            // Foreign keys and CHECK constraints, by their names.
            | 1215..=1217 | 1239 | 1451 | 1452 | 1553 | 1701 | 1821..=1826 | 1828..=1834 | 3104 | 3730 | 3734 | 3780
            | 3812..=3823
            // Variables and options, which may show the setting that was tried.
            | 1193 | 1210 | 1221 | 1222 | 1228..=1236 | 1238 | 1287 | 1289 | 1290 | 1293..=1295 | 1298 | 1621 | 1781
            | 1785 | 1787 | 1789
            // Character sets, collations and engines.
            | 1253 | 1267 | 1270 | 1271 | 1273 | 1280 | 1283 | 1286 | 3778
            // A cell that does not fit, by column and row.
            | 1263..=1265 | 1406 | 1416 | 3037 | 3105 | 3106 | 3108 | 3109 | 3155 | 3156 | 3643 | 3751 | 3752
            // Statements and routines.
            | 1241..=1243 | 1250 | 1288 | 1299 | 1301 | 1304 | 1305 | 1312..=1314 | 1318 | 1336 | 1347..=1350
            | 1356 | 1359..=1363 | 1365 | 1393..=1395 | 1415 | 1418..=1428 | 1442 | 1443 | 1449 | 1582 | 1583 | 1618
            | 1628 | 1629 | 1688 | 1709 | 1846 | 3146 | 3152 | 3519 | 3548 | 3750 | 3754 | 3755 | 3763 | 3766
            | 3769 | 3770
            // Partitions, except for 1526, which shows the value.
            | 1478..=1524 | 1527..=1534 | 1652..=1659 | 1731..=1740 | 1748 | 1749
            // Tablespaces.
            | 1808 | 1812..=1814 | 1877
    );
    shared
        || match flavour {
            Flavour::MySql => matches!(code, 3888 | 3948 | 4031),
            Flavour::MariaDb => matches!(code, 1927 | 1969 | 4025 | 4166),
            // They tell a setting, a limit or a state.
            Flavour::OceanBase => matches!(
                code,
                4012 | 4013
                    | 4023
                    | 4030
                    | 4036
                    | 4038
                    | 4065
                    | 4080
                    | 4121
                    | 4122
                    | 4138
                    | 4184
                    | 4225
                    | 4264
                    | 4344
                    | 4654
                    | 4664
                    | 4716
                    | 5066
                    | 5627
                    | 6002
                    | 6210..=6243
            ),
            Flavour::TiDb => matches!(code, 8002 | 8005 | 8022 | 8028 | 9001..=9007),
        }
}

/// The key of `Duplicate entry 'VALUE' for key 'KEY'`, unless it could be part of the value.
///
/// A value may hold ` for key '` and quotes itself, so the last place counts, and only where the rest is nothing but
/// a name in quotes. A text as long as servers cut theirs may end inside the value.
fn duplicate_key(text: &str) -> Option<String> {
    if text.len() >= MAY_BE_CUT {
        return None;
    }
    let (_, key) = text.rsplit_once(" for key ")?;
    names(key)
}

/// The kind, column and row of `Incorrect KIND value: 'VALUE' for column 'COLUMN' at row N`.
fn wrong_value(text: &str) -> String {
    let kind = text
        .split_once(" value")
        .map(|(kind, _)| kind)
        .filter(|kind| kind.starts_with("Incorrect") || kind.starts_with("Truncated incorrect"))
        .filter(|kind| kind.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' '))
        .unwrap_or("incorrect");
    let mut out = format!("{} value", kind.to_ascii_lowercase());
    // As above: only behind the last such words, and never in a text that may have been cut.
    let tail = text.rsplit_once(" for column ").filter(|_| text.len() < MAY_BE_CUT);
    if let Some((_, tail)) = tail
        && let Some((column, row)) = tail.rsplit_once(" at row ")
        && is_number(row)
        && let Some(column) = names(column)
    {
        out.push_str(&format!(" for column {column} at row {row}"));
    }
    out
}

/// `'name'`, `'table.name'` or `` `a`.`b`.`c` `` without its quotes, if it is nothing else and looks like
/// identifiers.
fn names(quoted: &str) -> Option<String> {
    let plain = if let Some(name) = quoted.strip_prefix('\'') {
        name.strip_suffix('\'')?.to_owned()
    } else {
        quoted.strip_prefix('`')?.strip_suffix('`')?.replace("`.`", ".")
    };
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.' | '#' | '@');
    (!plain.is_empty() && plain.len() <= 3 * 64 * 4 && plain.chars().all(fits)).then_some(plain)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One line without control characters, of bounded length.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_BYTES));
    for c in text.trim().trim_end_matches('.').chars() {
        if out.len() + c.len_utf8() > MAX_BYTES {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
