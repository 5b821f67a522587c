//! Proxy.
/// a
#[derive(Debug)]
pub struct Proxy;
/// a
#[derive(Debug)]
pub enum Fault {}
/// a
#[derive(Debug)]
pub enum Direction {}
