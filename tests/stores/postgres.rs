//! What is particular to PostgreSQL.

use std::{error::Error as _, time::Duration};

use futures::future::join_all;
use gotrue::{Error, PostgresStores, SessionStore, store::SessionStores};
use support::{log_buffer::LogBuffer, stores::record};

use crate::servers::postgres::Postgres;

const KEY: [u8; 32] = [7; 32];

#[tokio::test]
async fn the_tables_are_created_by_many_processes_at_once_and_again() {
    let Some(postgres) = Postgres::start() else { return };
    let url = postgres.url();
    let connect = || PostgresStores::connect(&url, "app");
    let missing = connect().await.unwrap().session("1").unwrap().load().await.unwrap_err();
    let cause = missing.source().unwrap().to_string();
    assert!(cause.contains("\"gotrue.sessions\" does not exist (SQLSTATE 42P01)"), "{cause}");

    let processes = join_all((0..8).map(|_| connect())).await;
    join_all(processes.iter().map(async |stores| stores.as_ref().unwrap().migrate().await.unwrap())).await;
    let store = connect().await.unwrap().session("1").unwrap();
    assert!(store.compare_and_swap(None, Some(record(1))).await.unwrap());
    connect().await.unwrap().migrate().await.unwrap();
    assert!(store.load().await.unwrap().is_some());
    // As one of the service's own migrations.
    postgres.query(PostgresStores::SCHEMA).await;
    assert!(store.load().await.unwrap().is_some());
}

#[tokio::test]
async fn services_are_separate_and_expired_sessions_are_removed() {
    let Some(postgres) = Postgres::start() else { return };
    let long = postgres.stores("app").await.time_to_live(Duration::MAX);
    let short = postgres.stores("app").await.time_to_live(Duration::from_millis(1));
    let other = postgres.stores("other").await.time_to_live(Duration::from_millis(1));
    for (stores, id) in [(&long, "1"), (&short, "2"), (&short, "3"), (&other, "1")] {
        assert!(stores.session(id).unwrap().compare_and_swap(None, Some(record(1))).await.unwrap());
    }
    postgres.query("INSERT INTO gotrue.leases VALUES ('app', '1', '', now()), ('app', '2', '', 'infinity')").await;
    assert!(long.session("2").unwrap().load().await.unwrap().is_none());
    assert_eq!(postgres.query("SELECT count(*) FROM gotrue.sessions").await, ["4"], "expired, but still there");
    assert_eq!(long.remove_expired().await.unwrap(), 2);
    let rest = postgres.query("SELECT service || ' ' || id FROM gotrue.sessions ORDER BY 1").await;
    assert_eq!(rest, ["app 1", "other 1"]);
    assert_eq!(postgres.query("SELECT id FROM gotrue.leases").await, ["2"]);
    assert!(long.session("1").unwrap().load().await.unwrap().is_some());
}

#[tokio::test]
async fn an_encrypted_session_is_read_with_its_key_and_under_its_id_alone() {
    let Some(postgres) = Postgres::start() else { return };
    let plain = postgres.stores("app").await;
    let stores = postgres.stores("app").await.encrypt(&KEY).unwrap();
    let store = stores.session("1").unwrap();
    store.compare_and_swap(None, Some(record(1))).await.unwrap();
    let text = postgres.query("SELECT encode(record, 'escape') FROM gotrue.sessions").await.concat();
    assert!(!text.contains(support::ACCESS_TOKEN) && !text.contains("ada@example.com"), "{text}");

    let with_another_key = postgres.stores("app").await.encrypt(&[8; 32]).unwrap().session("1").unwrap();
    assert!(with_another_key.load().await.unwrap().is_none());
    assert!(plain.session("1").unwrap().load().await.unwrap().is_none());
    postgres.query("INSERT INTO gotrue.sessions SELECT service, '2', revision, record FROM gotrue.sessions").await;
    assert!(stores.session("2").unwrap().load().await.unwrap().is_none());
    assert!(store.load().await.unwrap().is_some());
    // A record that cannot be read may be overwritten.
    assert!(with_another_key.compare_and_swap(None, Some(record(2))).await.unwrap());
    assert_eq!(with_another_key.load().await.unwrap().unwrap().revision(), record(2).revision());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_counts_as_absent_and_is_logged_once() {
    let Some(postgres) = Postgres::start() else { return };
    let written = LogBuffer::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _on_this_thread = tracing::subscriber::set_default(subscriber);
    let stores = postgres.stores("app").await;
    let store = stores.session("1").unwrap();
    assert!(store.compare_and_swap(None, Some(record(1))).await.unwrap());
    for corrupt in ["record = 'private'", "record = ''", "revision = gen_random_uuid()"] {
        postgres.query(&format!("UPDATE gotrue.sessions SET {corrupt}")).await;
        assert!(store.load().await.unwrap().is_none(), "{corrupt}");
        assert!(!store.compare_and_swap(Some(record(3).revision()), Some(record(2))).await.unwrap(), "{corrupt}");
        assert!(store.compare_and_swap(None, Some(record(1))).await.unwrap(), "{corrupt}");
        assert!(store.load().await.unwrap().is_some(), "{corrupt}");
    }
    let text = written.text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert!(text.contains("a stored session cannot be read") && !text.contains("private"), "{text}");
}

#[tokio::test]
async fn invalid_input_is_refused_and_secrets_are_not_shown() {
    for url in [
        "postgres://user:hunter2-planted@127.0.0.1:1/app",
        "postgres://user:p@ss?hunter2-planted=1@127.0.0.1/app",
        "user=x hunter2-planted=1",
        "postgres://127.0.0.1/app?sslmode=verify-full&application_name=hunter2-planted",
        "http://hunter2-planted@127.0.0.1",
    ] {
        let error = PostgresStores::connect(url, "app").await.unwrap_err();
        assert!(matches!(error, Error::Store(_)), "{error:?}");
        let cause = error.source().map(ToString::to_string);
        assert!(!format!("{error} {error:?} {cause:?}").contains("hunter2"), "{error:?}");
    }
    let Some(postgres) = Postgres::start() else { return };
    for name in ["", " ", "a\0b"] {
        let refused = PostgresStores::connect(&postgres.url(), name).await;
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{name:?}");
        let stores: &dyn SessionStores = &postgres.stores("app").await;
        assert!(matches!(stores.session(name), Err(Error::InvalidInput { .. })), "{name:?}");
    }
    let too_short = postgres.stores("app").await.time_to_live(Duration::from_micros(999));
    assert!(matches!(too_short.session("1"), Err(Error::InvalidInput { .. })));

    // The server's error quotes the row in its details.
    let stores = postgres.stores("app").await;
    postgres.query("ALTER TABLE gotrue.sessions ADD CHECK (id <> 'refused')").await;
    let error = stores.session("refused").unwrap().compare_and_swap(None, Some(record(1))).await.unwrap_err();
    let cause = error.source().unwrap();
    assert!(cause.to_string().contains("SQLSTATE 23514"), "{cause}");
    // A row shows the record in hexadecimal digits, from `{"` on.
    for text in [format!("{error:?}"), format!("{cause} {cause:?}")] {
        assert!(!text.contains("7b22") && !text.contains(support::ACCESS_TOKEN), "{text}");
    }

    let stores = stores.encrypt(&KEY).unwrap();
    let debug = format!("{stores:?} {:?}", stores.session("cookie-planted").unwrap());
    assert!(debug.contains("app") && !debug.contains("planted") && !debug.contains('7'), "{debug}");
}

#[tokio::test]
async fn tls_is_required_for_other_machines() {
    let Some(postgres) = Postgres::start() else { return };
    // The name of another machine, at the address of this one.
    let elsewhere = postgres.url().replace("127.0.0.1", "db.example.com") + "?hostaddr=127.0.0.1";
    let error = PostgresStores::connect(&elsewhere, "app").await.unwrap_err();
    let mut cause = error.source();
    let mut text = String::new();
    while let Some(error) = cause {
        text += &error.to_string();
        cause = error.source();
    }
    assert!(text.contains("server does not support TLS"), "{text}");
    PostgresStores::connect(&format!("{elsewhere}&sslmode=disable"), "app").await.unwrap();
}
