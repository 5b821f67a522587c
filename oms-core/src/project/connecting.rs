//! The finding of a server that cannot be reached.

use super::CheckReport;
use crate::error::{Chain, Error};
use crate::mysql::{ConnectOptions, ServerError};

impl CheckReport {
    /// Adds why an end of the migration, `source` or `target`, cannot be connected to: `access_denied` if the server
    /// refuses the account, `cannot_connect` if nothing answers, `cannot_sign_in` for what is between.
    pub fn not_connected(&mut self, end: &str, connect: &ConnectOptions, error: &Error) {
        let subject = format!("{end} {}", connect.endpoint());
        let problem = Chain(error).to_string();
        let is_denied = ServerError::of(error).is_some_and(|error| matches!(error.code, 1044 | 1045 | 1698));
        let (code, advice) = match error {
            Error::Connect { .. } => {
                ("cannot_connect", "check host, port, firewall, and that the server runs")
            }
            _ if is_denied => (
                "access_denied",
                "check user name (for OceanBase user@tenant#cluster) and password, and from which hosts the account may \
                 log in",
            ),
            _ => ("cannot_sign_in", "check user name, password and encryption, and how the account signs in"),
        };
        self.error(code, subject, problem, advice);
    }
}
