//! Tests against a real server, if `GOTRUE_LIVE_AUTOCONFIRM_URL` and `GOTRUE_LIVE_JWT_SECRET` are set.

use std::{collections::BTreeMap, env, fs, thread, time::Duration};

use gotrue::{
    chrono::Utc,
    serde_json::{self, Value, json},
};
use jsonwebtoken::{EncodingKey, Header};
use uuid::Uuid;

use super::{
    import_from::{BCRYPT, FIREBASE_CONFIG, FIREBASE_HASH, keycloak_argon2},
    terminal::{Done, Terminal},
};

fn terminal() -> Option<Terminal> {
    let url = env::var("GOTRUE_LIVE_AUTOCONFIRM_URL").ok()?;
    let secret = env::var("GOTRUE_LIVE_JWT_SECRET").ok()?;
    let claims = json!({ "role": "service_role", "exp": Utc::now().timestamp() + 3600 });
    let key = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
    Some(Terminal::at_url(&url, &key))
}

/// Returns an unused address.
fn address() -> String {
    format!("cli-{}@example.com", Uuid::new_v4())
}

fn done(done: Done) -> String {
    assert_eq!(done.exit, 0, "{}", done.err);
    done.out
}

#[test]
fn commands_on_a_real_server() {
    let Some(mut terminal) = terminal() else {
        eprintln!("skipped: GOTRUE_LIVE_AUTOCONFIRM_URL or GOTRUE_LIVE_JWT_SECRET is not set");
        return;
    };
    let (ada, new) = (address(), address());
    let password = "correct-horse-7";
    for line in ["health", "settings", "sso list", "providers list", "clients list", "users list", "audit --limit 3"] {
        done(terminal.run(line));
    }
    done(terminal.answer(&format!("users create {ada} --password --confirm"), password));
    done(terminal.answer(&format!("login {ada}"), password));
    assert!(done(terminal.run("whoami")).contains(&ada));
    done(terminal.run("token --refresh"));
    done(terminal.run("jwt verify"));
    done(terminal.run("user update --data '{\"name\": \"Ada\"}'"));
    done(terminal.run("mfa enroll --name phone"));
    assert!(done(terminal.run("mfa list")).contains("unverified"));
    done(terminal.run("logout --all"));

    done(terminal.answer(&format!("link signup {}", address()), password));
    for kind in ["magic-link", "invite"] {
        done(terminal.run(&format!("link {kind} {}", address())));
    }
    done(terminal.run(&format!("link recovery {ada}")));
    for kind in ["email-change-current", "email-change-new"] {
        done(terminal.run(&format!("link {kind} {ada} {new}")));
    }
    done(terminal.run(&format!("users ban {ada} --for 1h")));
    assert_eq!(terminal.answer(&format!("login {ada}"), password).exit, 1);
    done(terminal.run(&format!("users delete {ada} --yes")));
    assert_eq!(terminal.run(&format!("users get {ada}")).exit, 5);
    assert!(done(terminal.run("audit --action user_deleted --limit 20")).contains(&ada));
}

#[test]
fn providers_and_clients_on_a_real_server() {
    let Some(mut terminal) = terminal() else { return };
    let client = done(terminal.run("clients create https://app.example.com/cb --public --json"));
    let client: gotrue::types::OAuthClient = gotrue::serde_json::from_str(&client).unwrap();
    let id: Uuid = client.client_id;
    assert!(done(terminal.run(&format!("clients update {id} --name App"))).contains("App"));
    done(terminal.run(&format!("clients delete {id} --yes")));
    assert_eq!(terminal.run(&format!("clients get {id}")).exit, 5);

    let name = format!("cli{}", Utc::now().timestamp_micros());
    let create = format!(
        "providers create {name} --client-id id --authorization-url https://1.1.1.1/a --token-url \
         https://1.1.1.1/t --userinfo-url https://1.1.1.1/u"
    );
    done(terminal.answer(&create, "client-secret"));
    assert!(done(terminal.run(&format!("providers update {name} --enabled false"))).contains("no"));
    done(terminal.run(&format!("providers delete {name} --yes")));
    assert_eq!(terminal.run(&format!("providers get {name}")).exit, 5);
}

/// The server verifies the hashes of other services.
#[test]
fn users_of_other_services_sign_in_to_a_real_server() {
    let Some(mut terminal) = terminal() else { return };
    terminal.set("GOTRUE_JWT_SECRET", &env::var("GOTRUE_LIVE_JWT_SECRET").unwrap());
    let config = terminal.file("hash.txt");
    fs::write(&config, FIREBASE_CONFIG).unwrap();
    let ([ada, grace, joan], [salt, hash]) = ([address(), address(), address()], FIREBASE_HASH);
    let firebase = json!({ "users": [{ "email": ada, "emailVerified": true, "salt": salt, "passwordHash": hash }] });
    let keycloak = json!([{ "email": grace, "emailVerified": true, "credentials": [keycloak_argon2()] }]);
    let auth0 = json!({ "email": joan, "email_verified": true, "password_hash": BCRYPT });
    let config = format!("firebase --firebase-hash-config {}", config.display());
    for (users, options, email, password) in [
        (firebase, config.as_str(), &ada, "user1password"),
        (keycloak, "keycloak", &grace, "password"),
        (auth0, "auth0", &joan, "correct-horse-7"),
    ] {
        let file = terminal.file("users.json");
        fs::write(&file, users.to_string()).unwrap();
        done(terminal.run(&format!("users import {} --from {options}", file.display())));
        assert_ne!(terminal.answer(&format!("login {email}"), "wrong-horse-7").exit, 0);
        done(terminal.answer(&format!("login {email}"), password));
    }
    done(terminal.run("whoami"));
    done(terminal.run(&format!("users sessions {joan} --end --yes")));
    assert_eq!(terminal.run("whoami").exit, 4);
}

#[test]
fn users_survive_a_killed_import_to_a_real_server() {
    const USERS: usize = 300;
    let Some(mut terminal) = terminal() else { return };
    let prefix = format!("bulk{}", Utc::now().timestamp_micros());
    let poison = [100, 200];
    let row = |number: usize| {
        let metadata = json!({ "number": number, "text": if poison.contains(&number) { "\0" } else { "é" } });
        json!({ "email": format!("{prefix}-{number}@example.com"), "password_hash": BCRYPT, "user_metadata": metadata })
    };
    let file = terminal.file("users.jsonl");
    let rows: Vec<_> = (0..USERS).map(|number| row(number).to_string()).collect();
    fs::write(&file, rows.join("\n")).unwrap();
    let line = format!("users import {} --json", file.display());
    let running = terminal.start(&line);
    let count = |terminal: &mut Terminal| {
        let count = done(terminal.run(&format!("users count --filter {prefix}")));
        count.trim().parse::<usize>().unwrap()
    };
    while count(&mut terminal) < 150 {
        thread::sleep(Duration::from_millis(50));
    }
    running.kill();
    let finished = terminal.run(&line);
    assert_eq!(finished.out.trim(), r#"{"created":298,"refused":2}"#, "{}", finished.err);
    assert_eq!(count(&mut terminal), USERS - poison.len());
    let refused = fs::read_to_string(terminal.file("users.jsonl.refused.jsonl")).unwrap();
    let lines: Vec<Value> =
        refused.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()["refused"]["line"].clone()).collect();
    assert_eq!(lines, [101, 201]);

    let exported = done(terminal.run(&format!("users export --filter {prefix}")));
    let exported = exported.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let exported: BTreeMap<_, _> = exported.map(|row| (row["email"].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!(exported.len(), USERS - poison.len());
    for number in (0..USERS).filter(|number| !poison.contains(number)) {
        let user = &exported[&format!("{prefix}-{number}@example.com")]["user_metadata"];
        assert_eq!((&user["number"], &user["text"]), (&number.into(), &"é".into()));
    }
}
