//! Verification of real servers: what is equal is found equal, and every planted difference is found.

mod failures;
mod keyless;
mod keys;
mod kinds;
mod review;
mod sides;
