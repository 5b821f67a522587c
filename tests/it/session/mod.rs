//! Sessions against real servers: what they pin, count and refuse, and what they say when something fails.

mod errors;
mod loss;
mod pins;
mod statements;
