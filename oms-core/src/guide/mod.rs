//! The four ideas that everything else rests on, each with a picture.
//!
//! * [`handover`]: how a scan and a log are joined without a gap and without an overlap that hurts.
//! * [`row_layout`]: why rows stay the bytes that came from the socket, and how they are read nevertheless.
//! * [`durability`]: what a checkpoint promises, and how a restart finds its way.
//! * [`watermark`]: how transactions run side by side while progress stays one number.

pub mod durability;
pub mod handover;
pub mod row_layout;
pub mod watermark;
