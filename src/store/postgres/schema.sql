-- The tables of gotrue::PostgresStores. Copy this file into your migrations, or call PostgresStores::migrate.
-- It may be run again.
--
-- A schema of its own keeps the sessions out of APIs that serve the schema "public", such as PostgREST. If the service
-- connects with another role than the one that runs this file:
--
--     GRANT USAGE ON SCHEMA gotrue TO my_service;
--     GRANT SELECT, INSERT, UPDATE, DELETE ON gotrue.sessions, gotrue.leases TO my_service;

CREATE SCHEMA IF NOT EXISTS gotrue;

CREATE TABLE IF NOT EXISTS gotrue.sessions (
    service    text NOT NULL,
    id         text NOT NULL,
    -- Changes with every write, which names the revision that it replaces.
    revision   uuid NOT NULL,
    -- The session with its tokens: JSON, or AES-256-GCM if the service encrypts it.
    record     bytea NOT NULL,
    -- An expired session counts as absent. NULL: never.
    expires_at timestamptz,
    PRIMARY KEY (service, id)
);

-- For the removal of expired sessions: PostgresStores::remove_expired, or
-- DELETE FROM gotrue.sessions WHERE expires_at <= now();
CREATE INDEX IF NOT EXISTS sessions_expires_at ON gotrue.sessions (expires_at);

-- The right to refresh a session. Logged, so that a holder still has it after a crash of the server.
CREATE TABLE IF NOT EXISTS gotrue.leases (
    service    text NOT NULL,
    id         text NOT NULL,
    holder     bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (service, id)
);
