//! [`Spans`]: the spans of a batch, of a single row without an allocation of their own.

use std::ops::Deref;

use super::Span;

/// Spans held in place: one row of a usual table, or both images of an update of a narrow one.
const FEW: usize = 32;

/// The spans of a batch.
///
/// Most batches of a log have one row. Such a one costs a single allocation if its spans lie next to what else it holds.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "room in place of an allocation is what it is for")]
pub(super) enum Spans {
    Few { count: u8, spans: [Span; FEW] },
    Many(Vec<Span>),
}

impl Spans {
    /// A copy of these.
    #[inline]
    pub(super) fn copied(from: &[Span]) -> Self {
        let mut spans = [Span::NULL; FEW];
        match spans.get_mut(..from.len()) {
            Some(start) => {
                start.copy_from_slice(from);
                Self::Few { count: from.len() as u8, spans }
            }
            None => Self::Many(from.to_vec()),
        }
    }
}

impl Deref for Spans {
    type Target = [Span];

    #[inline]
    fn deref(&self) -> &[Span] {
        match self {
            Self::Few { count, spans } => spans.get(..usize::from(*count)).unwrap_or_default(),
            Self::Many(spans) => spans,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_kept() {
        for count in [0, 1, FEW, FEW + 1, 1000] {
            let spans: Vec<Span> = (0..count).map(|at| Span::new(at as u32, 1)).collect();
            let copied = Spans::copied(&spans);
            assert_eq!(*copied, *spans);
            assert_eq!(matches!(copied, Spans::Few { .. }), count <= FEW);
        }
    }
}
