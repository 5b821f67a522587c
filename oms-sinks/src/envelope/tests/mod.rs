//! Every format against its golden files, and every type in every cell format against itself.

mod avro;
mod encode;
mod golden;
mod identity;
mod page;
mod rules;
mod scenario;
mod typed;
mod variants;
