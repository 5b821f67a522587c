//! Servers that go away, stand still or come back, two processes of one name, and what memory all that takes.

mod gone;
mod huge;
mod silent;
mod stalled;
mod twice;
