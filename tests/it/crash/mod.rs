//! A migration whose process is killed again and again, at moments of chance, arrives all the same.

mod child;
mod kills;
