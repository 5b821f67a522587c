//! Recorded logs, read whole, cut and damaged.

use oms_core::TableName;
use oms_core::event::ChangeKind;
use oms_core::schema::{Collation, Column, ColumnType, IntWidth, SchemaSet, TableSchema};

use super::*;

const LIMITS: Limits = Limits { part_bytes: 1 << 20, prepared_bytes: 1 << 20, event_bytes: 1 << 20 };

/// The events of a log file.
fn events(file: &str) -> Vec<Bytes> {
    let path = format!("{}/../tests/data/binlog/{file}", env!("CARGO_MANIFEST_DIR"));
    let log = Bytes::from(std::fs::read(path).unwrap());
    let (mut events, mut at) = (Vec::new(), 4);
    while at < log.len() {
        let header = EventHeader::parse(&log[at..]).unwrap();
        events.push(log.slice(at..at + header.length as usize));
        at += header.length as usize;
    }
    events
}

fn schema(added: bool) -> Arc<SchemaSet> {
    let int = |width, unsigned| ColumnType::Int { width, unsigned, zerofill: None };
    let mut columns = vec![
        Column::new("id", int(IntWidth::I32, false)).with_nullable(false),
        Column::new("b", ColumnType::Binary { length: 4 }),
        Column::new("s", ColumnType::VarChar { length: 300 })
            .with_collation(Some(Collation::new("utf8mb4_bin"))),
        Column::new("u", int(IntWidth::I64, true)),
    ];
    if added {
        columns.push(Column::new("added", int(IntWidth::I32, false)));
    }
    let schema = TableSchema::new(TableName::new("fixture", "t"), columns);
    Arc::new([Arc::new(schema)].into_iter().collect())
}

fn decoder(position: BinlogPosition, limits: Limits) -> Decoder {
    let wanted = Arc::new(|table: &TableName| table.table() == "t");
    let tables = Tables::new(wanted, schema(false), HashMap::new());
    Decoder::new(tables, Checksum::crc32(), position, limits)
}

/// What a decoder says, as text: `[` and `]` for a transaction's ends, `+`, `~` and `-` with the id for rows.
#[derive(Default)]
struct Story {
    text: String,
    positions: Vec<BinlogPosition>,
    statements: Vec<String>,
}

impl Story {
    fn feed(&mut self, decoder: &mut Decoder, event: &Bytes) -> Result<()> {
        if let Step::Statement(statement) = decoder.feed(event, event)? {
            if statement.text.starts_with("ALTER TABLE t") {
                decoder.tables().set_schemas(schema(true));
            }
            self.statements.push(statement.text);
            decoder.statement_done(Vec::new());
        }
        while let Some(batch) = decoder.take_batch() {
            batch.events().iter().for_each(|event| self.tell(event));
            self.positions
                .extend(batch.position().map(|position| BinlogPosition::try_from(position).unwrap()));
        }
        Ok(())
    }

    fn tell(&mut self, event: &Event) {
        match event {
            Event::Begin(_) => self.text.push('['),
            Event::Commit(_) => self.text.push(']'),
            Event::Change(change) => {
                let sign = match change.kind() {
                    ChangeKind::Insert => '+',
                    ChangeKind::Update => '~',
                    _ => '-',
                };
                for row in change.rows().rows() {
                    self.text.push(sign);
                    self.text.push_str(&row.cell(0).decode().unwrap().as_i64().unwrap().to_string());
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn read(file: &str, limits: Limits) -> Story {
    let mut decoder = decoder(BinlogPosition::new(file, 4).with_gtids(Default::default()), limits);
    let mut story = Story::default();
    events(file).iter().for_each(|event| story.feed(&mut decoder, event).unwrap());
    story
}

const FILES: [(&str, &str); 3] = [
    ("mysql-5.7-transactions.binlog", "[+1+2][+3~2-1][+5][+7][+8+9][+10]"),
    ("mysql-8.0-transactions.binlog", "[+1+2][+3~2-1][+5][+7][+8+9][+10]"),
    ("mysql-9.7-transactions.binlog", "[+1+2][+3~2-1][+5][+7][+8+9][+10]"),
];

#[test]
fn recorded_logs_tell_what_was_run() {
    for (file, text) in FILES {
        let story = read(file, LIMITS);
        assert_eq!(story.text, text, "{file}");
        assert_eq!(story.statements.len(), 4, "{:?}", story.statements);
        // The log's last position has executed every GTID of the log but none twice.
        let last = story.positions.last().unwrap();
        let gtids = last.gtids.as_ref().unwrap().to_string();
        assert_eq!(gtids.split(':').count(), 2, "{gtids}");
    }
}

#[test]
fn large_transactions_come_in_parts_without_positions() {
    for (file, text) in FILES {
        let story = read(file, Limits { part_bytes: 1, ..LIMITS });
        assert_eq!(story.text, text, "{file}");
        assert_eq!(story.positions, read(file, LIMITS).positions, "{file}");
    }
}

/// From every position that was handed on, the rest of the story is the rest: nothing lost, nothing twice.
#[test]
fn every_position_is_a_place_to_restart() {
    for (file, text) in FILES {
        for gtids in [true, false] {
            let start = BinlogPosition::new(file, 4);
            let start = if gtids { start.with_gtids(Default::default()) } else { start };
            let mut decoder = decoder(start, LIMITS);
            let mut story = Story::default();
            let all = events(file);
            for event in &all {
                story.feed(&mut decoder, event).unwrap();
                let Some(position) = story.positions.last() else { continue };
                let mut again = self::decoder(position.clone(), LIMITS);
                if story.statements.iter().any(|statement| statement.starts_with("ALTER")) {
                    again.tables().set_schemas(schema(true));
                }
                let mut rest = Story::default();
                for event in sent_after(file, &all, position) {
                    rest.feed(&mut again, event).unwrap();
                }
                assert_eq!(format!("{}{}", story.text, rest.text), text, "{file} from {position}");
            }
        }
    }
}

/// What a server sends after a position: by GTIDs the groups that are not executed, else everything from the offset.
fn sent_after<'a>(file: &str, events: &'a [Bytes], position: &BinlogPosition) -> Vec<&'a Bytes> {
    if position.file != file {
        return Vec::new();
    }
    let mut send = false;
    let offset = position.held.as_ref().map_or(position.offset, |(_, offset)| *offset);
    let mut at = 4;
    let mut sent = Vec::new();
    for event in events {
        let header = EventHeader::parse(event).unwrap();
        match &position.gtids {
            Some(gtids) if matches!(header.kind, kind::GTID | kind::GTID_TAGGED) => {
                let gtid = GtidEvent::parse(header.kind, &event[19..event.len() - 4]).unwrap().gtid.unwrap();
                send = !gtids.contains(&gtid);
            }
            Some(_) => {}
            None => send = at >= offset,
        }
        if send || header.kind == kind::FORMAT_DESCRIPTION {
            sent.push(event);
        }
        at += u64::from(header.length);
    }
    sent
}

#[test]
fn damage_is_an_error_with_its_position_never_a_panic_or_a_silence() {
    let file = FILES[2].0;
    let all = events(file);
    for (place, event) in all.iter().enumerate() {
        for byte in (0..event.len()).step_by(7) {
            let mut damaged = event.to_vec();
            damaged[byte] ^= 0x10;
            let mut decoder = decoder(BinlogPosition::new(file, 4), LIMITS);
            let mut story = Story::default();
            all[..place].iter().for_each(|event| story.feed(&mut decoder, event).unwrap());
            let error = story.feed(&mut decoder, &damaged.into());
            // The format description is what tells about checksums.
            assert!(error.is_err() || place == 0, "event {place} byte {byte}");
        }
    }
}

#[test]
fn a_schema_that_does_not_fit_stops_with_the_position() {
    let file = FILES[0].0;
    let mut decoder = decoder(BinlogPosition::new(file, 4), LIMITS);
    decoder.tables().set_schemas(schema(true));
    let mut story = Story::default();
    let error = events(file).iter().find_map(|event| story.feed(&mut decoder, event).err()).unwrap();
    assert!(error.to_string().contains("4 columns, not 5"), "{error}");
    assert_eq!(error.table().unwrap().to_string(), "fixture.t");
    assert!(error.position().is_some());
}

#[test]
fn undecided_xa_transactions_are_bounded() {
    let file = FILES[0].0;
    let mut decoder = decoder(BinlogPosition::new(file, 4), Limits { prepared_bytes: 10, ..LIMITS });
    let mut story = Story::default();
    let error = events(file).iter().find_map(|event| story.feed(&mut decoder, event).err()).unwrap();
    assert!(error.to_string().contains("prepared XA transactions"), "{error}");
}
