//! The oms program.
fn main() {}
