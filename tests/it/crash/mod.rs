//! A migration whose process is killed again and again, at moments of chance, arrives all the same.

pub(crate) mod child;
mod kills;
mod reads;
