//! Avro messages, read by another implementation of Avro and compared with the JSON of Debezium.

use std::fmt::Write as _;
use std::sync::Arc;

use apache_avro::types::Value as Avro;
use apache_avro::{Schema, from_avro_datum};
use oms_core::event::{Change, SchemaChangeKind};
use oms_core::row::RowBatch;
use oms_core::schema::TableSchema;
use oms_core::value::Value;
use oms_core::{Error, Result};
use serde_json::Value as Json;

use super::encode::forms;
use super::golden::check;
use super::scenario::{at, order, orders, raw_rows, rendered, schema_change, source, table, transaction};
use super::typed::{all, binary_json};
use crate::envelope::json::{Base64, HexCase, write_base64, write_hex};
use crate::envelope::{
    AvroEnvelope, BigintUnsignedHandling, BinaryHandling, DebeziumEnvelope, DebeziumOptions, DebeziumShape,
    DecimalHandling, Envelope, MemorySchemaRegistry, Message, MessageContext, Renderer, TimePrecision,
    ZeroDates,
};

type Messages = Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>;

/// Keeps messages.
fn collect(messages: &mut Messages) -> impl FnMut(Message<'_>) -> Result<()> {
    |message| {
        messages.push((message.key.map(<[u8]>::to_vec), message.body.map(<[u8]>::to_vec)));
        Ok(())
    }
}

struct Bench {
    registry: Arc<MemorySchemaRegistry>,
    renderer: Renderer,
}

impl Bench {
    fn new(options: DebeziumOptions) -> Self {
        let registry = Arc::new(MemorySchemaRegistry::new());
        let envelope = AvroEnvelope::new(Arc::clone(&registry) as Arc<_>).with_options(options);
        Self { registry, renderer: Renderer::new(envelope, source()) }
    }

    fn messages(&mut self, change: &Change) -> Result<Messages> {
        let (source, transaction) = (source(), transaction());
        let context = MessageContext::new(&source, at(1_700_000_001.5)).in_transaction(&transaction, 0);
        let mut messages = Messages::new();
        self.renderer.render_change(change, context, &mut collect(&mut messages))?;
        Ok(messages)
    }

    /// What another implementation reads from a framed message, to its last byte.
    fn read(&self, framed: &[u8]) -> Avro {
        let (head, mut rest) = framed.split_first_chunk::<5>().expect("a frame");
        assert_eq!(head[0], 0);
        let id = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let schema = self.registry.schema(id).expect("a registered schema");
        let schema = Schema::parse_str(&schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
        let value = from_avro_datum(&schema, &mut rest, None).expect("a datum of the schema");
        assert!(rest.is_empty(), "{} bytes are left", rest.len());
        value
    }

    /// The schemas so far, and messages in base16.
    fn text(&self, messages: &Messages) -> String {
        let mut text = String::new();
        for id in 1.. {
            let Some(schema) = self.registry.schema(id) else { break };
            let _ = writeln!(text, "schema {id} {schema}");
        }
        for (name, part) in messages.iter().flat_map(|(key, body)| [("key ", key), ("body", body)]) {
            let mut digits = Vec::new();
            part.iter().for_each(|part| write_hex(part, HexCase::Lower, &mut digits));
            let digits = String::from_utf8(digits).expect("ASCII");
            let _ = writeln!(text, "{name} {}", if part.is_some() { &digits } else { "none" });
        }
        text
    }

    fn read_body(&mut self, change: &Change) -> Result<Avro> {
        let messages = self.messages(change)?;
        Ok(self.read(messages[0].1.as_deref().expect("a body")))
    }
}

/// True if both say the same: bytes are base64 in JSON.
fn agrees(avro: &Avro, json: &Json) -> bool {
    let base64 = |bytes: &[u8]| {
        let mut out = Vec::new();
        write_base64(bytes, Base64::Standard, &mut out);
        String::from_utf8(out).expect("ASCII")
    };
    match (avro, json) {
        (Avro::Union(_, inner), json) => agrees(inner, json),
        (Avro::Null, Json::Null) => true,
        (Avro::Boolean(avro), Json::Bool(json)) => avro == json,
        (Avro::Int(avro), json) => json.as_i64() == Some((*avro).into()),
        (Avro::Long(avro), json) => json.as_i64() == Some(*avro),
        (Avro::Float(avro), json) => {
            json.to_string().parse::<f32>().is_ok_and(|json| json.to_bits() == avro.to_bits())
        }
        (Avro::Double(avro), json) => json.as_f64().is_some_and(|json| json.to_bits() == avro.to_bits()),
        (Avro::String(avro), Json::String(json)) => avro == json,
        (Avro::Bytes(avro), Json::String(json)) => base64(avro) == *json,
        (Avro::Decimal(avro), Json::String(json)) => {
            <Vec<u8>>::try_from(avro.clone()).is_ok_and(|bytes| base64(&bytes) == *json)
        }
        (Avro::Array(avro), Json::Array(json)) => {
            avro.len() == json.len() && avro.iter().zip(json).all(|(avro, json)| agrees(avro, json))
        }
        (Avro::Record(avro), Json::Object(json)) => {
            avro.len() == json.len()
                && avro.iter().all(|(name, avro)| json.get(name).is_some_and(|json| agrees(avro, json)))
        }
        _ => false,
    }
}

fn variants() -> Vec<DebeziumOptions> {
    let options = DebeziumOptions::default().with_strict(true).with_zero_dates(ZeroDates::Null);
    let mut all = vec![options, options.with_zero_dates(ZeroDates::Refuse)];
    all.push(options.with_decimal_handling(DecimalHandling::String));
    all.push(options.with_bigint_unsigned_handling(BigintUnsignedHandling::Precise));
    for precision in [
        TimePrecision::Connect,
        TimePrecision::IsoString,
        TimePrecision::Microseconds,
        TimePrecision::Nanoseconds,
    ] {
        all.push(options.with_time_precision(precision));
    }
    for handling in [BinaryHandling::Base64, BinaryHandling::Base64UrlSafe, BinaryHandling::Hex] {
        all.push(options.with_binary_handling(handling));
    }
    all
}

#[test]
fn every_value_is_that_of_the_json_of_debezium() {
    let (mut read, mut refused) = (0, 0);
    for options in variants() {
        let json: Arc<dyn Envelope> =
            Arc::new(DebeziumEnvelope::new(DebeziumShape::Enveloped).with_options(options));
        let mut bench = Bench::new(options);
        for (typed, key) in all().iter().flat_map(|typed| [(typed, 0), (typed, 1)]) {
            // With a key the column may not be NULL, and the value is in the key as well.
            let schema = table(vec![typed.column.clone()], key);
            for value in &typed.values {
                let document = match value {
                    Value::Json(text) => binary_json(text),
                    _ => &[],
                };
                let mut of = |rows: RowBatch| {
                    bench.read_body(&Change::insert(rows)).map_err(|error| error.to_string())
                };
                let cells = forms(&typed.column, value, document);
                let [scanned, logged, built] = cells.clone().map(|cell| of(raw_rows(&schema, &[cell])));
                assert!(scanned == logged && scanned == built, "{}: {options:?}", typed.title);
                let text = rendered(&json, &Change::insert(raw_rows(&schema, &cells[..1])));
                match (scanned, text) {
                    (Ok(avro), Ok(text)) => {
                        let body =
                            text.lines().last().expect("a body").strip_prefix("body ").expect("a body");
                        let body: Json = serde_json::from_str(body).expect("JSON");
                        assert!(agrees(&avro, &body), "{}: {avro:?}\n{body}", typed.title);
                        read += 1;
                    }
                    (Err(avro), Err(json)) => {
                        assert_eq!(avro, json.to_string());
                        refused += 1;
                    }
                    (avro, json) => panic!("{}: {avro:?}, {json:?}", typed.title),
                }
            }
        }
    }
    assert!(read > 1_500 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn keys_tombstones_and_updates_of_the_key_are_those_of_debezium() {
    let schema = orders(2);
    let mut bench = Bench::new(DebeziumOptions::default());
    let change = Change::update(order(&schema, 1, Some("a"), "1.00"), order(&schema, 2, None, "1.00"));
    let messages = bench.messages(&change).unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0].0, messages[1].0);
    assert_eq!(messages[1].1, None);
    let key = |id: i32| {
        Avro::Record(vec![("id".into(), Avro::Int(id)), ("shop".into(), Avro::String("main".into()))])
    };
    assert_eq!(bench.read(messages[0].0.as_deref().unwrap()), key(1));
    assert_eq!(bench.read(messages[2].0.as_deref().unwrap()), key(2));
    // The same schemas again: the registry has one for keys and one for bodies.
    assert!(bench.registry.schema(2).is_some() && bench.registry.schema(3).is_none());
    let keyless = orders(0);
    let messages = bench.messages(&Change::delete(order(&keyless, 1, None, "1.00"))).unwrap();
    assert!(messages.len() == 1 && messages[0].0.is_none());
}

#[test]
fn schema_changes_and_heartbeats_are_records_too() {
    let mut bench = Bench::new(DebeziumOptions::default());
    let source = source();
    let context = MessageContext::new(&source, at(1_700_000_001.5));
    let mut messages = Messages::new();
    let change = schema_change(SchemaChangeKind::Drop, "DROP TABLE orders");
    assert!(bench.renderer.render_schema_change(&change, context, &mut collect(&mut messages)).unwrap());
    assert!(
        bench.renderer.render_heartbeat(at(1_700_000_000.0), context, &mut collect(&mut messages)).unwrap()
    );
    let read: Vec<String> = messages
        .iter()
        .flat_map(|(key, body)| [key, body])
        .map(|bytes| format!("{:?}", bench.read(bytes.as_deref().unwrap())))
        .collect();
    assert!(read[1].contains("DROP TABLE orders") && read[1].contains("1700000001500"), "{}", read[1]);
    assert!(read[2].contains("shop") && read[3].contains("1700000000000"), "{read:?}");
}

/// Keys and bodies in base16, behind the schemas that they are of.
#[test]
fn messages_are_those_of_the_golden_files() {
    type Make = fn(&Arc<TableSchema>) -> Change;
    let scenarios: [(&str, usize, Make); 7] = [
        ("insert", 1, |schema| Change::insert(order(schema, 1, Some("first \"order\""), "10.50"))),
        ("update", 1, |schema| {
            Change::update(order(schema, 1, Some("old"), "10.50"), order(schema, 1, Some("new"), "10.50"))
        }),
        ("update_of_the_key", 1, |schema| {
            Change::update(order(schema, 1, Some("a"), "10.50"), order(schema, 2, Some("a"), "10.50"))
        }),
        ("delete", 1, |schema| Change::delete(order(schema, 1, Some("last"), "10.50"))),
        ("composite_key", 2, |schema| Change::delete(order(schema, 1, Some("a"), "0.00"))),
        ("no_key", 0, |schema| Change::insert(order(schema, 1, Some("a"), "0.00"))),
        ("null", 1, |schema| Change::insert(order(schema, 1, None, "1.00"))),
    ];
    for (scenario, key, make) in scenarios {
        let mut bench = Bench::new(DebeziumOptions::default());
        let messages = bench.messages(&make(&orders(key))).unwrap();
        check("avro", scenario, &bench.text(&messages));
    }
    let mut bench = Bench::new(DebeziumOptions::default());
    let source = source();
    let context = MessageContext::new(&source, at(1_700_000_001.5));
    let (mut ddl, mut heartbeat) = (Messages::new(), Messages::new());
    let change = schema_change(SchemaChangeKind::Drop, "DROP TABLE orders");
    bench.renderer.render_schema_change(&change, context, &mut collect(&mut ddl)).unwrap();
    check("avro", "ddl", &bench.text(&ddl));
    let mut bench = Bench::new(DebeziumOptions::default());
    bench.renderer.render_heartbeat(at(1_700_000_000.0), context, &mut collect(&mut heartbeat)).unwrap();
    check("avro", "heartbeat", &bench.text(&heartbeat));
}

#[test]
fn what_avro_cannot_say_is_refused_by_the_plan() {
    let schema = orders(1);
    let mut bench = Bench::new(DebeziumOptions::default().with_decimal_handling(DecimalHandling::Double));
    let error = bench.messages(&Change::insert(order(&schema, 1, None, "1.00"))).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    let columns = ["a-b", "a_b"].map(|name| oms_core::schema::Column::new(name, super::scenario::INT));
    let schema = table(columns.to_vec(), 0);
    let mut bench = Bench::new(DebeziumOptions::default());
    let rows = super::scenario::rows(&schema, [Value::Int(1), Value::Int(2)]);
    let error = bench.messages(&Change::insert(rows)).unwrap_err().to_string();
    assert!(error.contains("column a_b"), "{error}");
}
