//! What the tests of several modules share.

mod connections;

pub(crate) use connections::{each_server, open, options, session, text, texts};
