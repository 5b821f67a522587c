//! Starting, sharing and stopping servers.

mod blocking;
mod builder;
mod database;
mod guardian;
mod instance;
mod running;
mod shared;
mod state;
mod sweep;

pub use builder::{ServerBuilder, Servers};
pub use database::Database;
pub use running::Server;
pub(crate) use state::instances;
