//! Errors of the server and its connections.

use std::{error::Error as _, io};

use ::tokio_postgres::{Error, error::SqlState};
use deadpool_postgres::PoolError;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostgresError {
    /// The server's error without its details, which may quote the record.
    #[error("{message} (SQLSTATE {})", code.code())]
    Database { code: SqlState, message: String },
    #[error(transparent)]
    Connection(Error),
    #[error("no response in time")]
    Timeout,
    #[error("the pool of connections is closed")]
    Closed,
}

impl From<Error> for PostgresError {
    fn from(error: Error) -> Self {
        match error.as_db_error() {
            Some(error) => Self::Database { code: error.code().clone(), message: error.message().to_owned() },
            None => Self::Connection(error),
        }
    }
}

impl From<PoolError> for PostgresError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Self::Timeout,
            _ => Self::Closed,
        }
    }
}

impl PostgresError {
    /// Returns whether the cause is the connection or the state of the server, and not the request.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Database { code, .. } => is_transient_state(code),
            // A certificate that is not trusted is reported as invalid data.
            Self::Connection(error) => {
                let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
                error.is_closed() || cause.is_some_and(|cause| cause.kind() != io::ErrorKind::InvalidData)
            }
            Self::Timeout => true,
            Self::Closed => false,
        }
    }
}

fn is_transient_state(code: &SqlState) -> bool {
    const STATES: [SqlState; 7] = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // A standby, or a former primary.
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    // Class 08: connection exceptions.
    STATES.contains(code) || code.code().starts_with("08")
}
