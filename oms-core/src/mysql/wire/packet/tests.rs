use super::super::script::{Script, packets_of};
use super::*;

const ALL: Portion = Portion { at_least: usize::MAX, at_most: usize::MAX, patience: Duration::ZERO };

/// All payloads, as they are handed out, until the connection ends or fails.
async fn read_all(mut packets: Packets, portion: Portion) -> (Vec<Vec<u8>>, Failure) {
    let (mut payloads, mut ranges) = (Vec::new(), Vec::new());
    loop {
        match packets.next_all(&mut ranges, portion).await {
            Ok(bytes) => payloads.extend(ranges.iter().map(|range| bytes[range.clone()].to_vec())),
            Err(failure) => return (payloads, failure),
        }
    }
}

#[tokio::test]
async fn packets_come_out_whole_however_the_bytes_arrive() {
    let payloads: Vec<Vec<u8>> = (0..600usize).map(|n| vec![n as u8; n * 7 % 301]).collect();
    let bytes = packets_of(0, payloads.iter().map(Vec::as_slice));
    for piece in [1, 3, 4, 5, 1000, 1 << 20] {
        for portion in [ALL, Portion::ONE, Portion { at_least: 500, at_most: 2000, ..Portion::ONE }] {
            let packets = Script::new(bytes.clone(), piece).packets(1 << 20);
            let (read, end) = read_all(packets, portion).await;
            assert!(read == payloads, "pieces of {piece}");
            assert!(matches!(end, Failure::Closed));
        }
    }
}

#[tokio::test]
async fn what_comes_together_is_handed_out_together_within_bounds() {
    let payloads = vec![vec![7; 96]; 100];
    let bytes = packets_of(0, payloads.iter().map(Vec::as_slice));
    let mut ranges = Vec::new();
    let mut packets = Script::new(bytes.clone(), 1 << 20).packets(1 << 20);
    let together = packets.next_all(&mut ranges, ALL).await.unwrap();
    assert_eq!((together.len(), ranges.len()), (10_000, 100));
    let mut packets = Script::new(bytes, 1000).packets(1 << 20);
    let portion = Portion { at_least: 0, at_most: 450, ..Portion::ONE };
    let some = packets.next_all(&mut ranges, portion).await.unwrap();
    assert_eq!((some.len(), ranges.len()), (500, 5));
}

#[tokio::test]
async fn payloads_around_the_border_of_a_piece_are_joined() {
    for size in [MAX_PIECE - 1, MAX_PIECE, MAX_PIECE + 1, 2 * MAX_PIECE, 2 * MAX_PIECE + 5] {
        let long: Vec<u8> = (0..size).map(|n| ((n * 31) >> 3) as u8).collect();
        let payloads = [&b"before"[..], &long, b"after"];
        let bytes = packets_of(0, payloads);
        for piece in [70_001, 1 << 30] {
            let packets = Script::new(bytes.clone(), piece).packets(64 << 20);
            let (read, end) = read_all(packets, ALL).await;
            assert!(read.iter().map(Vec::as_slice).eq(payloads), "{size} in pieces of {piece}");
            assert!(matches!(end, Failure::Closed));
        }
    }
}

#[tokio::test]
async fn a_packet_above_the_ceiling_is_refused_before_room_is_made() {
    let (_, end) = read_all(Script::new(*b"\xff\xff\x0f\0", 9).packets(1000), ALL).await;
    assert!(matches!(end, Failure::AnswerTooLarge { limit: 1000 }));
    // A second piece that would pass it, announced only.
    let mut bytes = packets_of(0, [&vec![1; MAX_PIECE][..]]);
    bytes.truncate(MAX_PIECE + 4);
    bytes.extend_from_slice(b"\xff\xff\xff\x01");
    let (read, end) = read_all(Script::new(bytes, 1 << 20).packets(20 << 20), ALL).await;
    assert!(read.is_empty() && matches!(end, Failure::AnswerTooLarge { .. }));
}

#[tokio::test]
async fn a_number_out_of_order_is_refused() {
    let mut bytes = packets_of(0, [&b"a"[..], b"b"]);
    let second = bytes.len() - 2;
    for number in [0, 2, 255] {
        bytes[second] = number;
        let (read, end) = read_all(Script::new(bytes.clone(), 1).packets(1000), Portion::ONE).await;
        assert_eq!(read, [b"a"]);
        assert!(matches!(end, Failure::Protocol(_)));
    }
}

#[tokio::test]
async fn a_connection_cut_anywhere_gives_only_whole_packets() {
    let payloads = [&b"abc"[..], b"", b"defghij"];
    let bytes = packets_of(0, payloads);
    for cut in 0..bytes.len() {
        let (read, end) = read_all(Script::new(&bytes[..cut], 3).packets(1000), ALL).await;
        assert!(read.len() < 3 && read.iter().map(Vec::as_slice).eq(payloads[..read.len()].iter().copied()));
        assert!(matches!(end, Failure::Closed), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_wait_and_a_dropped_wait_loses_nothing() {
    let bytes = packets_of(0, [&b"abc"[..], b"defghij"]);
    let script = Script::new(&bytes[..10], 1).then_silent();
    let mut packets = script.packets(1000);
    assert_eq!(&packets.next().await.unwrap()[..], b"abc");
    assert!(packets.next().now_or_never().is_none());
    assert!(matches!(packets.next().await, Err(Failure::NoAnswer(_))));
}

#[tokio::test]
async fn what_is_sent_is_cut_into_pieces_and_numbered() {
    for size in [0, 1, MAX_PIECE - 2, MAX_PIECE - 1, MAX_PIECE, 2 * MAX_PIECE] {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let mut packets = Packets::new(Box::new(ours), 1 << 30, Duration::from_secs(60));
        let body = vec![9; size];
        let expected = packets_of(0, [&[&[3][..], &body].concat()[..]]);
        let sending = async {
            packets.begin().unwrap();
            packets.send(&[3], &body).await.unwrap();
            drop(packets);
        };
        let mut sent = Vec::new();
        let (_, read) = tokio::join!(sending, theirs.read_to_end(&mut sent));
        read.unwrap();
        assert!(sent == expected, "{size}");
    }
}

#[tokio::test]
async fn bytes_left_over_from_an_answer_end_the_connection() {
    let mut packets = Script::new(packets_of(0, [&b"a"[..], b"b"]), 1 << 10).packets(1000);
    packets.next().await.unwrap();
    assert!(matches!(packets.begin(), Err(Failure::Protocol(_))));
    assert!(packets.into_plain().is_err());
}
