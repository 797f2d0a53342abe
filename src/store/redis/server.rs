//! The scripts that the server runs. Each names one key, as a cluster demands.

use std::{sync::OnceLock, time::Duration};

use ::redis::{ErrorKind, FromRedisValue, RedisResult, Script, ServerErrorKind, cmd};

use super::{attempt::is_transient, connection::Connection};
use crate::{
    error::StoreError,
    store::{
        StoreFuture,
        remote::{HolderId, RawRecord, Server, SessionKey, millis, retry},
    },
};

/// The length of the revision at the start of each value, in bytes.
const REVISION_LENGTH: usize = 36;

/// The longest duration of an operation, attempts and waits included.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// The same while a replica may be promoted.
const FAILOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the value. A value other than a string is not a record; its type is returned in its place.
static READ: EvalScript = EvalScript::new(
    "local type = redis.call('TYPE', KEYS[1]).ok
     if type == 'string' then return redis.call('GET', KEYS[1]) end
     return type ~= 'none' and type",
);

/// Replaces the value that starts with the revision ARGV[1] by ARGV[2]; an empty string stands for a missing value.
/// ARGV[3] is the length of a revision, ARGV[4] the time to live in milliseconds. Returns 1 as well if the new value is
/// already there, as when the response to an earlier attempt was lost.
static SWAP: EvalScript = EvalScript::new(
    "local type = redis.call('TYPE', KEYS[1]).ok
     local current = type
     if type == 'none' then current = '' end
     if type == 'string' then current = redis.call('GETRANGE', KEYS[1], 0, ARGV[3] - 1) end
     local new = string.sub(ARGV[2], 1, tonumber(ARGV[3]))
     if current ~= ARGV[1] and (new == '' or current ~= new) then return 0 end
     if new == '' then redis.call('DEL', KEYS[1])
     elseif ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[2])
     else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
     return 1",
);

/// Takes or extends the lease unless another holder has it.
static CLAIM: EvalScript = EvalScript::new(
    "local holder = redis.call('GET', KEYS[1])
     if holder and holder ~= ARGV[1] then return 0 end
     redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
     return 1",
);

/// Releases the lease if this holder still has it.
static RELEASE: EvalScript =
    EvalScript::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0");

/// A script, which the server knows by its hash once it has run it.
struct EvalScript {
    text: &'static str,
    hash: OnceLock<String>,
}

impl EvalScript {
    const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| Script::new(self.text).get_hash().to_owned())
    }

    async fn run<T: FromRedisValue>(&self, connection: &Connection, key: &str, arguments: &[&[u8]]) -> RedisResult<T> {
        let command = |name: &str, script: &str| {
            let mut command = cmd(name);
            command.arg(script).arg(1).arg(key).arg(arguments);
            command
        };
        match connection.query(&command("EVALSHA", self.hash())).await {
            // Only the server of this key gets the script; in a cluster, others may be down.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                connection.query(&command("EVAL", self.text)).await
            }
            result => result,
        }
    }
}

/// Redis as a server of records and leases.
pub(super) struct RedisServer {
    connection: Connection,
    timeout: Duration,
}

impl RedisServer {
    pub(super) fn new(connection: Connection) -> Self {
        let timeout = if connection.fails_over() { FAILOVER_TIMEOUT } else { OPERATION_TIMEOUT };
        Self { connection, timeout }
    }

    /// Runs a script, and retries if the connection is lost. Every script must therefore be safe to run twice.
    async fn run<T: FromRedisValue + Send>(
        &self,
        action: &'static str,
        script: &EvalScript,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<T, StoreError> {
        retry(action, self.timeout, is_transient, || script.run(&self.connection, key, arguments)).await
    }
}

impl Server for RedisServer {
    fn read<'a>(&'a self, key: &'a SessionKey) -> StoreFuture<'a, Option<RawRecord>> {
        Box::pin(async {
            let value: Option<Vec<u8>> = self.run("read the session", &READ, &key.name("session"), &[]).await?;
            Ok(value.map(|mut revision| {
                let content = revision.split_off(revision.len().min(REVISION_LENGTH));
                RawRecord { revision, content }
            }))
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
            let new = new.map(|record| [record.revision.as_slice(), &record.content].concat()).unwrap_or_default();
            let length = REVISION_LENGTH.to_string();
            let time_to_live = time_to_live.map(|time| millis(time).to_string()).unwrap_or_default();
            let arguments = [expected, &new, length.as_bytes(), time_to_live.as_bytes()];
            self.run("write the session", &SWAP, &key.name("session"), &arguments).await
        })
    }

    fn claim<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId, expiry: Duration) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let expiry = millis(expiry).to_string();
            self.run("acquire the refresh lease", &CLAIM, &key.name("lease"), &[holder, expiry.as_bytes()]).await
        })
    }

    fn release<'a>(&'a self, key: &'a SessionKey, holder: &'a HolderId) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.run::<bool>("release the refresh lease", &RELEASE, &key.name("lease"), &[holder]).await.map(drop)
        })
    }
}
