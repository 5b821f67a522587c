use oms_core::TableName;
use oms_core::event::ChangeKind;
use oms_core::row::format::field;
use oms_core::row::{CellFormat, LayoutColumn, RowLayout};
use oms_core::schema::{Column, ColumnType, IntWidth, TableSchema};
use oms_core::value::ValueRef;

use super::super::cells::Cell;
use super::super::table_map::CellSize;
use super::*;

/// `(id INT, b BINARY(4))`.
fn plan() -> CellPlan {
    let columns = vec![
        Column::new("id", ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None }),
        Column::new("b", ColumnType::Binary { length: 4 }),
    ];
    let schema = Arc::new(TableSchema::new(TableName::new("s", "t"), columns));
    let formats = [(field::LONG, 0), (field::STRING, 4)];
    let layout = formats.iter().enumerate().map(|(column, &(field, meta))| LayoutColumn {
        column,
        format: CellFormat::MysqlBinlog { field, meta },
    });
    let cells = [Cell::new(CellSize::Fixed(4), None), Cell::new(CellSize::Prefixed(1), Some(4))];
    CellPlan { layout: Arc::new(RowLayout::new(Arc::clone(&schema), layout)), cells: cells.into() }
}

fn body(bitmaps: &[u8], images: &[&[u8]]) -> Bytes {
    let mut body = vec![109, 0, 0, 0, 0, 0, 1, 0, 2, 0, 2];
    body.extend_from_slice(bitmaps);
    images.iter().for_each(|image| body.extend_from_slice(image));
    body.into()
}

const ONE: &[u8] = &[0, 1, 0, 0, 0, 2, 0xaa, 0xbb];
const TWO: &[u8] = &[2, 2, 0, 0, 0];
const THREE: &[u8] = &[0, 3, 0, 0, 0, 4, 1, 2, 3, 4];

fn decode(event: u8, body: &Bytes) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    decode_rows(event, body, body, &plan(), &mut Vec::new(), &mut |change| changes.push(change))?;
    Ok(changes)
}

fn ids(rows: &RowBatch) -> Vec<i64> {
    rows.rows().map(|row| row.cell(0).decode().unwrap().as_i64().unwrap()).collect()
}

#[test]
fn cells_are_located_and_binary_is_padded() {
    let changes = decode(kind::WRITE_ROWS_V2, &body(&[3], &[ONE, TWO, THREE])).unwrap();
    let rows = changes[0].after().unwrap();
    assert_eq!((changes.len(), changes[0].kind(), ids(rows)), (1, ChangeKind::Insert, vec![1, 2, 3]));
    assert!(rows.row(0).cell(1).decode().unwrap() == ValueRef::Bytes(&[0xaa, 0xbb, 0, 0]));
    assert!(rows.row(1).cell(1).is_null());
    assert!(rows.row(2).cell(1).decode().unwrap() == ValueRef::Bytes(&[1, 2, 3, 4]));
}

#[test]
fn updates_pair_their_images() {
    for images in [&[ONE, THREE][..], &[ONE, TWO, TWO, THREE, THREE, ONE]] {
        let changes = decode(kind::UPDATE_ROWS_V2, &body(&[3, 3], images)).unwrap();
        let (before, after) = (changes[0].before().unwrap(), changes[0].after().unwrap());
        let expected = if images.len() == 2 { (vec![1], vec![3]) } else { (vec![1, 2, 3], vec![2, 3, 1]) };
        assert_eq!((ids(before), ids(after)), expected);
        assert!(before.row(0).cell(1).decode().unwrap() == ValueRef::Bytes(&[0xaa, 0xbb, 0, 0]));
    }
    assert!(decode(kind::UPDATE_ROWS_V2, &body(&[3, 3], &[ONE])).is_err());
    assert!(decode(kind::UPDATE_ROWS_V2, &body(&[3, 3], &[ONE, TWO, THREE])).is_err());
}

#[test]
fn a_partial_image_is_refused() {
    let error = decode(kind::WRITE_ROWS_V2, &body(&[1], &[ONE])).unwrap_err();
    assert!(error.to_string().contains("binlog_row_image=FULL"), "{error}");
    assert!(decode(kind::UPDATE_ROWS_V2, &body(&[3, 2], &[ONE])).is_err());
}

#[test]
fn an_event_without_rows_has_no_changes() {
    assert!(decode(kind::DELETE_ROWS_V2, &body(&[3], &[])).unwrap().is_empty());
}

#[test]
fn cut_or_lying_events_are_errors_not_panics() {
    let whole = body(&[3, 3], &[ONE, TWO, THREE, ONE]);
    for end in 0..whole.len() {
        let _ = decode(kind::UPDATE_ROWS_V2, &whole.slice(..end));
        for value in [0, 1, 0x7f, 0xfb, 0xfe, 0xff] {
            let mut lie = whole.to_vec();
            lie[end] = value;
            let _ = decode(kind::UPDATE_ROWS_V2, &lie.clone().into());
            let _ = decode(kind::WRITE_ROWS_V1, &lie.into());
        }
    }
    assert!(decode(kind::WRITE_ROWS_V2, &whole.slice(..whole.len() - 1)).is_err());
}
