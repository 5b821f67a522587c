//! The client for hot reads against real servers.
