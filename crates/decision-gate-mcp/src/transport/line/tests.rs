use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::*;

/// Reads all lines of `input`, which comes in pieces of `piece` bytes; those that are too long as their length.
fn read(input: &[u8], piece: usize, limit: usize) -> Vec<Result<Vec<u8>, u64>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut writer, reader) = tokio::io::duplex(piece);
        let write = async move { writer.write_all(input).await.unwrap() };
        let mut lines = LineReader::new(reader, limit);
        let read = async move {
            let mut read = Vec::new();
            while let Some(line) = lines.next().await.unwrap() {
                read.push(match line {
                    Line::Whole(line) => Ok(line.to_vec()),
                    Line::TooLong(skeleton) => Err(skeleton.length()),
                });
            }
            assert!(lines.ended());
            read
        };
        tokio::join!(write, read).1
    })
}

#[test]
fn a_byte_order_mark_belongs_to_no_line() {
    assert_eq!(read(b"\xEF\xBB\xBF{}\n\xEF\xBB\xBF[]", 2, 64), [Ok(b"{}".to_vec()), Ok(b"[]".to_vec())]);
}

#[test]
fn a_line_of_exactly_the_limit_is_whole() {
    assert_eq!(read(b"1234\n12345\n1234", 3, 4), [Ok(b"1234".to_vec()), Err(5), Ok(b"1234".to_vec())]);
}

#[tokio::test]
async fn d38_an_unterminated_line_is_not_kept() {
    let (mut writer, reader) = tokio::io::duplex(64 * 1024);
    let mut lines = LineReader::new(reader, 1024);
    let piece = vec![b'x'; 64 * 1024];
    let flood = async {
        for _ in 0..256 {
            writer.write_all(&piece).await.unwrap();
        }
    };
    tokio::select! { () = flood => {}, _ = lines.next() => panic!("there is no line") }
    assert!(lines.buffer.capacity() <= KEPT, "{}", lines.buffer.capacity());
}

proptest! {
    /// Lines do not depend on the pieces in which the bytes come.
    #[test]
    fn lines_are_what_stands_between_newlines(text in "[ab\n]{0,80}", piece in 1..20_usize, limit in 1..12_usize) {
        let mut expected: Vec<_> = text.split('\n').map(|line| {
            if line.len() > limit { Err(line.len() as u64) } else { Ok(line.as_bytes().to_vec()) }
        }).collect();
        if text.is_empty() || text.ends_with('\n') {
            expected.pop();
        }
        prop_assert_eq!(read(text.as_bytes(), piece, limit), expected);
    }
}
