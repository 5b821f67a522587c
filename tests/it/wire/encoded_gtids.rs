//! A set of GTIDs in the form that a dump request takes, written from its text.

/// A UUID, its tag, and the intervals, each with the number behind its last.
type Member = (Vec<u8>, String, Vec<(u64, u64)>);

/// The encoded form of `uuid:1-5:8,uuid:tag:1-3`.
pub(super) fn encode(set: &str) -> Vec<u8> {
    let mut members: Vec<Member> = Vec::new();
    for part in set.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split(':');
        let hex: String = words.next().unwrap_or_default().chars().filter(|c| *c != '-').collect();
        let uuid: Vec<u8> =
            (0..16).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
        let mut tag = String::new();
        for word in words {
            let Some(first) = word.chars().next() else { continue };
            if !first.is_ascii_digit() {
                tag = word.to_owned();
                continue;
            }
            let (from, to) = word.split_once('-').unwrap_or((word, word));
            let interval = (from.parse().unwrap(), to.parse::<u64>().unwrap() + 1);
            match members.iter_mut().find(|member| member.0 == uuid && member.1 == tag) {
                Some(member) => member.2.push(interval),
                None => members.push((uuid.clone(), tag.clone(), vec![interval])),
            }
        }
    }
    let tagged = members.iter().any(|member| !member.1.is_empty());
    let count = members.len() as u64;
    let head = if tagged { count << 8 | 1 << 56 } else { count };
    let mut bytes = head.to_le_bytes().to_vec();
    for (uuid, tag, intervals) in members {
        bytes.extend(uuid);
        if tagged {
            bytes.push(2 * tag.len() as u8);
            bytes.extend(tag.bytes());
        }
        bytes.extend((intervals.len() as u64).to_le_bytes());
        for (from, behind) in intervals {
            bytes.extend(from.to_le_bytes());
            bytes.extend(behind.to_le_bytes());
        }
    }
    bytes
}
