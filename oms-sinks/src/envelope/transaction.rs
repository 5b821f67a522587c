//! What the text of a transaction's identity says: a GTID, or a file and an offset of a binary log.

use oms_core::event::{Transaction, TransactionId};

/// The parts of a transaction's identity that some formats have a field for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin<'a> {
    /// The GTID.
    pub(crate) gtid: Option<&'a str>,
    /// The file of the binary log.
    pub(crate) file: Option<&'a str>,
    /// The offset in the file.
    pub(crate) offset: Option<u64>,
    /// The number that the identity ends with: that of the GTID in its server, or the offset.
    pub(crate) number: Option<u64>,
}

impl<'a> Origin<'a> {
    pub(crate) fn of(transaction: Option<&'a Transaction>) -> Self {
        transaction.map_or_else(Self::default, |transaction| Self::of_id(&transaction.id))
    }

    fn of_id(id: &'a TransactionId) -> Self {
        let text = id.as_str();
        match text.rsplit_once(':') {
            // MySQL: 36 characters of UUID, a tag from 8.3 on, and a number.
            Some((server, number)) if is_uuid(server.split(':').next().unwrap_or_default()) => {
                Self { gtid: Some(text), number: number.parse().ok(), ..Self::default() }
            }
            Some((file, offset)) => {
                let offset = offset.parse().ok();
                Self { gtid: None, file: Some(file), offset, number: offset }
            }
            // MariaDB: domain, server and number.
            None => {
                let mut parts = text.split('-');
                let is_gtid = parts.clone().count() == 3 && parts.all(|part| part.parse::<u64>().is_ok());
                let number = text.rsplit('-').next().and_then(|number| number.parse().ok());
                match is_gtid {
                    true => Self { gtid: Some(text), number, ..Self::default() },
                    false => Self::default(),
                }
            }
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_of_each_server_are_told_apart() {
        let origin = |text: &str| {
            let id = TransactionId::new(text);
            let Origin { gtid, file, offset, number } = Origin::of_id(&id);
            (gtid.map(str::to_owned), file.map(str::to_owned), offset, number)
        };
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:23";
        assert_eq!(origin(uuid), (Some(uuid.to_owned()), None, None, Some(23)));
        let tagged = "3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:5";
        assert_eq!(origin(tagged), (Some(tagged.to_owned()), None, None, Some(5)));
        assert_eq!(origin("0-1-100"), (Some("0-1-100".to_owned()), None, None, Some(100)));
        assert_eq!(
            origin("binlog.000004:157"),
            (None, Some("binlog.000004".to_owned()), Some(157), Some(157))
        );
        assert_eq!(origin("1002_336195"), (None, None, None, None));
    }
}
