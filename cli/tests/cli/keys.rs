//! `gotrue keys`: signing keys and tokens, offline.

use std::fs;

use gotrue::serde_json::{self, Value};
use gotrue_fake::FakeServer;

use super::terminal::Terminal;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The keys that sign.
fn signing(set: &Value) -> Vec<&str> {
    let keys = set.as_array().unwrap().iter();
    let signing = keys.filter(|key| key["key_ops"].as_array().unwrap().contains(&"sign".into()));
    signing.map(|key| key["kid"].as_str().unwrap()).collect()
}

#[test]
fn keys_are_rotated_in_three_steps() {
    let mut terminal = Terminal::new();
    let file = terminal.file("keys.json");
    let made = terminal.run("keys generate --kid one");
    assert_eq!(signing(&json(&made.out)), ["one"]);
    fs::write(&file, made.out).unwrap();
    let with_file = |line: &str| format!("keys {line} --keys {}", file.display());

    let added = terminal.run(&with_file("add --algorithm RS256 --kid two"));
    assert_eq!(signing(&json(&added.out)), ["one"], "a new key does not sign yet");
    assert_eq!(added.out.lines().count(), 1, "as a variable takes it");
    fs::write(&file, added.out).unwrap();
    let public = json(&terminal.run(&with_file("public")).out);
    assert_eq!(public["keys"].as_array().unwrap().len(), 2);
    assert!(!public.to_string().contains("\"d\""), "{public}");

    assert_eq!(terminal.run(&with_file("retire one")).exit, 2, "it signs");
    let chosen = terminal.run(&with_file("sign-with two"));
    assert_eq!(signing(&json(&chosen.out)), ["two"]);
    fs::write(&file, &chosen.out).unwrap();
    let listed = terminal.run(&with_file("list")).out;
    assert!(listed.contains("RS256") && !listed.contains(json(&chosen.out)[0]["d"].as_str().unwrap()), "{listed}");
    let retired = json(&terminal.run(&with_file("retire one")).out);
    assert_eq!((retired.as_array().unwrap().len(), signing(&retired)), (1, vec!["two"]));
    assert_eq!(terminal.run(&with_file("retire three")).exit, 5);
    assert_eq!(terminal.run(&with_file("add --kid two")).exit, 2, "the ID is taken");
}

#[test]
fn a_set_that_a_server_refuses_is_refused() {
    let mut terminal = Terminal::new();
    let made = terminal.run("keys generate --algorithm HS256 --kid one").out;
    let key = &json(&made)[0];
    let second = |kid: &str| {
        let mut key = key.clone();
        key["kid"] = kid.into();
        key
    };
    for (set, reason) in [
        (format!("[{key}, {}]", second("two")), "2 keys sign"),
        (format!("[{key}, {}]", second("one")), "two keys have the ID one"),
        (format!("[{}]", second("")), "needs an ID"),
        (made.replace("\"sign\",", ""), "no key signs"),
        ("[]".to_owned(), "no key signs"),
        ("planted".to_owned(), "expected a JSON array"),
        ("[\"planted\"]".to_owned(), "expected a JSON array"),
    ] {
        let done = terminal.answer("keys list --keys -", &set);
        assert!(done.exit == 2 && done.err.contains(reason), "{reason}: {}", done.err);
        assert!(!done.err.contains("planted") && !done.err.contains(key["k"].as_str().unwrap()));
    }
    assert!(terminal.run("keys list").err.contains("GOTRUE_JWT_KEYS"));
}

#[tokio::test]
async fn a_minted_service_key_works() {
    let server = FakeServer::builder().hs256(true).start().await;
    let mut terminal = Terminal::at(&server);
    let minted = terminal.answer("keys mint service-role", server.hs256_secret().expose());
    assert_eq!(minted.exit, 0, "{}", minted.err);
    terminal.set("GOTRUE_SERVICE_KEY", minted.out.trim());
    assert_eq!(terminal.run("users list").exit, 0);
    terminal.set("GOTRUE_JWT_SECRET", server.hs256_secret().expose());
    let anon = terminal.run("keys mint anon").out;
    terminal.set("GOTRUE_SERVICE_KEY", anon.trim());
    assert_eq!(terminal.run("users list").exit, 4);
}

#[test]
fn minted_tokens_say_who_they_are_for_and_how_long() {
    let mut terminal = Terminal::new();
    let set = terminal.run("keys generate --kid one").out;
    terminal.set("GOTRUE_JWT_KEYS", set.trim());
    let id = "495a8cfc-297a-4b71-93bf-9799cc4a93ce";
    let token = terminal.run(&format!("keys mint user {id} --email ada@example.com --expires-in 10m")).out;
    let inspected = json(&terminal.run(&format!("jwt inspect {} --json", token.trim())).out);
    assert_eq!((&inspected["header"]["alg"], &inspected["header"]["kid"]), (&"ES256".into(), &"one".into()));
    let claims = &inspected["claims"];
    assert_eq!((&claims["sub"], &claims["email"]), (&id.into(), &"ada@example.com".into()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(terminal.run("keys mint anon --expires-in 0s").exit, 2);
}

#[test]
fn the_error_that_asks_for_a_service_key_tells_how_to_make_one() {
    let mut terminal = Terminal::new();
    assert!(terminal.run("users list").err.contains("gotrue keys --help"));
    assert!(terminal.run("keys --help").out.contains("gotrue keys mint service-role"));
}

/// Some editors and shells write a byte order mark, or UTF-16.
#[test]
fn files_with_a_byte_order_mark() {
    let mut terminal = Terminal::new();
    let set = terminal.run("keys generate --kid one").out;
    let file = terminal.file("keys.json");
    let public = format!("keys public --keys {}", file.display());
    fs::write(&file, format!("\u{feff}{}\r\n", set.trim())).unwrap();
    assert_eq!(json(&terminal.run(&public).out)["keys"][0]["kid"], "one");
    assert_eq!(terminal.answer("keys public --keys -", &format!("\u{feff}{set}")).exit, 0);
    let utf16: Vec<u8> = set.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&file, [b"\xff\xfe".as_slice(), &utf16].concat()).unwrap();
    let done = terminal.run(&public);
    assert!(done.exit == 2 && done.err.contains("expected UTF-8"), "{}", done.err);
}
