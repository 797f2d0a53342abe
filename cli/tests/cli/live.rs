//! Tests against a real server, if `GOTRUE_LIVE_AUTOCONFIRM_URL` and `GOTRUE_LIVE_JWT_SECRET` are set.

use std::env;

use gotrue::{chrono::Utc, serde_json::json, uuid::Uuid};
use jsonwebtoken::{EncodingKey, Header};

use super::terminal::{Done, Terminal};

fn terminal() -> Option<Terminal> {
    let url = env::var("GOTRUE_LIVE_AUTOCONFIRM_URL").ok()?;
    let secret = env::var("GOTRUE_LIVE_JWT_SECRET").ok()?;
    let claims = json!({ "role": "service_role", "exp": Utc::now().timestamp() + 3600 });
    let key = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
    Some(Terminal::at_url(&url, &key))
}

/// Returns an unused address.
fn address() -> String {
    format!("cli-{}@example.com", Utc::now().timestamp_micros())
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
