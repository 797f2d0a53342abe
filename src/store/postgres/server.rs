//! The statements, and how a lost connection is handled.
//!
//! Statements are not prepared, so that poolers such as PgBouncer may switch connections between them.

use std::time::Duration;

use ::tokio_postgres::{
    Row,
    types::{ToSql, Type},
};
use deadpool_postgres::{Object, Pool};
use tokio::time::timeout;

use super::error::PostgresError;
use crate::{
    error::StoreError,
    store::{
        StoreFuture,
        remote::{HolderId, RawRecord, Server, SessionKey, millis, retry},
    },
};

/// The longest duration of an operation, attempts and waits included. A restart or failover fits in.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);

/// How long one attempt waits for a response before its connection counts as lost.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

const READ: &str = "
    SELECT revision::text, record FROM gotrue.sessions
    WHERE service = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())";

const IS_ABSENT: &str = "
    SELECT true WHERE NOT EXISTS (
        SELECT FROM gotrue.sessions
        WHERE service = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now()))";

/// Inserts a record. It may already be there, if the response to an earlier attempt was lost.
const INSERT: &str = "
    INSERT INTO gotrue.sessions AS stored (service, id, revision, record, expires_at)
    VALUES ($1, $2, $3::uuid, $4, now() + $5 * interval '1 millisecond')
    ON CONFLICT (service, id) DO UPDATE
    SET revision = excluded.revision, record = excluded.record, expires_at = excluded.expires_at
    WHERE stored.expires_at <= now() OR stored.revision = excluded.revision
    RETURNING true";

/// Replaces the record with the revision $6, which an earlier attempt may have done.
const UPDATE: &str = "
    UPDATE gotrue.sessions
    SET revision = $3::uuid, record = $4, expires_at = now() + $5 * interval '1 millisecond'
    WHERE service = $1 AND id = $2
    AND (revision = $6::uuid AND (expires_at IS NULL OR expires_at > now()) OR revision = $3::uuid)
    RETURNING true";

const DELETE: &str = "
    DELETE FROM gotrue.sessions
    WHERE service = $1 AND id = $2 AND revision = $3::uuid AND (expires_at IS NULL OR expires_at > now())
    RETURNING true";

/// Takes or extends the lease unless another holder has it.
const CLAIM: &str = "
    INSERT INTO gotrue.leases AS lease (service, id, holder, expires_at)
    VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
    ON CONFLICT (service, id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE lease.holder = excluded.holder OR lease.expires_at <= now()
    RETURNING true";

const RELEASE: &str = "DELETE FROM gotrue.leases WHERE service = $1 AND id = $2 AND holder = $3 RETURNING true";

/// Removes expired sessions and the leases of holders that have died.
const REMOVE_EXPIRED: &str = "
    WITH leases AS (DELETE FROM gotrue.leases WHERE service = $1 AND expires_at <= now()),
    sessions AS (DELETE FROM gotrue.sessions WHERE service = $1 AND expires_at <= now() RETURNING true)
    SELECT count(*) FROM sessions";

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// PostgreSQL as a server of records and leases.
#[derive(Clone)]
pub(super) struct PostgresServer(Pool);

impl PostgresServer {
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Connects, so that a wrong address or password is noticed early.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let connected = self.connection().await;
        connected.map(drop).map_err(|error| StoreError::new("connect to its server", error))
    }

    /// Runs statements without parameters, in one transaction.
    pub(super) async fn run_all(&self, action: &'static str, statements: &str) -> Result<(), StoreError> {
        let attempt = || async { Ok(self.connection().await?.batch_execute(statements).await?) };
        retry(action, OPERATION_TIMEOUT, PostgresError::is_transient, attempt).await
    }

    /// Removes what has expired. Returns the number of sessions.
    pub(super) async fn remove_expired(&self, service: &str) -> Result<u64, StoreError> {
        let row = self.run("remove expired sessions", REMOVE_EXPIRED, &[(&service, Type::TEXT)]).await?;
        Ok(row.map_or(0, |row| row.get::<_, i64>(0)).unsigned_abs())
    }

    /// Runs a statement, and retries if the connection is lost. Every statement must therefore be safe to run twice.
    async fn run(
        &self,
        action: &'static str,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, StoreError> {
        retry(action, OPERATION_TIMEOUT, PostgresError::is_transient, || self.attempt(statement, parameters)).await
    }

    async fn attempt(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>, PostgresError> {
        let connection = self.connection().await?;
        let response = timeout(RESPONSE_TIMEOUT, connection.query_typed_opt(statement, parameters)).await;
        let Ok(row) = response else {
            // Closes the connection, so that the next attempt uses another one.
            drop(Object::take(connection));
            return Err(PostgresError::Timeout);
        };
        Ok(row?)
    }

    async fn connection(&self) -> Result<Object, PostgresError> {
        Ok(self.0.get().await?)
    }
}

impl Server for PostgresServer {
    fn read<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<RawRecord>> {
        Box::pin(async {
            let [service, id] = columns(key);
            let row = self.run("read the session", READ, &[service, id]).await?;
            Ok(row.map(|row| RawRecord { revision: row.get::<_, String>(0).into_bytes(), content: row.get(1) }))
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a SessionKey,
        expected: &'a [u8],
        new: Option<&'a RawRecord>,
        time_to_live: Option<Duration>,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let [service, id] = columns(key);
            let expected = text(expected);
            let time_to_live = time_to_live.map(signed_millis);
            let old = (&expected as &(dyn ToSql + Sync), Type::TEXT);
            let Some(new) = new else {
                let (statement, parameters) =
                    if expected.is_empty() { (IS_ABSENT, vec![service, id]) } else { (DELETE, vec![service, id, old]) };
                return Ok(self.run("remove the session", statement, &parameters).await?.is_some());
            };
            let revision = text(&new.revision);
            let mut parameters =
                vec![service, id, (&revision, Type::TEXT), (&new.content, Type::BYTEA), (&time_to_live, Type::INT8)];
            let statement = if expected.is_empty() {
                INSERT
            } else {
                parameters.push(old);
                UPDATE
            };
            Ok(self.run("write the session", statement, &parameters).await?.is_some())
        })
    }

    fn claim<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId, expiry: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let [service, id] = columns(key);
            let (holder, expiry) = (holder.as_slice(), signed_millis(expiry));
            let parameters = [service, id, (&holder, Type::BYTEA), (&expiry, Type::INT8)];
            Ok(self.run("acquire the refresh lease", CLAIM, &parameters).await?.is_some())
        })
    }

    fn release<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let [service, id] = columns(key);
            let holder = holder.as_slice();
            let parameters = [service, id, (&holder as &(dyn ToSql + Sync), Type::BYTEA)];
            self.run("release the refresh lease", RELEASE, &parameters).await.map(drop)
        })
    }
}

fn columns(key: &SessionKey) -> [Parameter<'_>; 2] {
    [(&key.prefix, Type::TEXT), (&key.id, Type::TEXT)]
}

/// Returns a revision as text. Every revision that the server has returned is text.
fn text(revision: &[u8]) -> &str {
    str::from_utf8(revision).unwrap_or_default()
}

fn signed_millis(duration: Duration) -> i64 {
    millis(duration).cast_signed()
}
