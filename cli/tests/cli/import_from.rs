//! `gotrue users import --from`: exports of other services.

use std::fs;

use gotrue::{
    User,
    chrono::Utc,
    serde_json::{self, Value, json},
};
use gotrue_fake::FakeServer;

use super::{
    bulk::all,
    terminal::{Done, Terminal},
};

/// Hashes of `correct-horse-7` and `password`.
pub const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuSQyLzxZtaUFpi/q2P5wWap0qvqIvC5q";
const ARGON2: &str = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";

/// A server, and what was imported to it.
struct Import {
    server: FakeServer,
    terminal: Terminal,
    done: Done,
}

impl Import {
    /// Imports a file with these options, and agrees to everything.
    async fn of(name: &str, contents: &str, options: &str) -> Self {
        let server = FakeServer::start().await;
        let mut terminal = Terminal::at(&server);
        fs::write(terminal.file(name), contents).unwrap();
        let done = terminal.run(&format!("users import {} {options} --json --yes", terminal.file(name).display()));
        Self { server, terminal, done }
    }

    fn assert_counts(&self, created: u64, refused: u64) {
        let counts: Value = serde_json::from_str(&self.done.out).unwrap_or_else(|_| panic!("{}", self.done.err));
        assert_eq!(counts, json!({ "created": created, "refused": refused }), "{}", self.done.err);
    }

    async fn user(&self, email: &str) -> User {
        let users = all(&self.server).await;
        users.into_iter().find(|user| user.email.as_deref() == Some(email)).unwrap_or_else(|| panic!("no user {email}"))
    }

    fn can_sign_in(&mut self, email: &str, password: &str) -> bool {
        self.terminal.answer(&format!("login {email}"), password).exit == 0
    }
}

/// The members of metadata.
fn member<'a>(metadata: Option<&'a Value>, path: &str) -> &'a Value {
    metadata.and_then(|metadata| metadata.pointer(path)).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn auth0_users_keep_their_passwords_and_metadata() {
    let users = [
        json!({
            "user_id": "auth0|5f7c8ec7c33c6c004bbafe82", "email": "ada@example.com", "email_verified": true,
            "name": "Ada Lovelace", "nickname": "ada", "picture": "https://cdn.example.com/ada.png",
            "password_hash": BCRYPT, "user_metadata": { "theme": "dark" }, "app_metadata": { "plan": "pro" },
        }),
        json!({
            "_id": { "$oid": "60425dc43519d90068f82973" }, "email": "grace@example.com", "email_verified": true,
            "passwordHash": BCRYPT, "tenant": "acme", "connection": "Username-Password-Authentication",
        }),
        json!({ "user_id": "auth0|3", "email": "joan@example.com", "email_verified": false, "blocked": true }),
        json!({
            "email": "lost@example.com",
            "custom_password_hash": { "algorithm": "sha256", "hash": { "value": "planted", "encoding": "hex" } },
        }),
    ];
    let lines = users.map(|user| format!("{user}\n")).concat();
    let mut import = Import::of("users.json", &lines, "--from auth0").await;
    import.assert_counts(4, 0);
    let err = &import.done.err;
    assert!(err.contains("4 users: 2 with a hash (bcrypt), 1 with an unsupported hash, 1 without a password"), "{err}");
    assert!(err.contains("1 with SHA-256") && !err.contains("planted"), "{err}");

    let ada = import.user("ada@example.com").await;
    assert!(ada.email_confirmed_at.is_some());
    assert_eq!(member(ada.user_metadata.as_ref(), "/full_name"), "Ada Lovelace");
    assert_eq!(member(ada.user_metadata.as_ref(), "/theme"), "dark");
    assert_eq!(member(ada.user_metadata.as_ref(), "/avatar_url"), "https://cdn.example.com/ada.png");
    assert_eq!(member(ada.app_metadata.as_ref(), "/plan"), "pro");
    assert_eq!(member(ada.app_metadata.as_ref(), "/auth0/id"), "auth0|5f7c8ec7c33c6c004bbafe82");
    let grace = import.user("grace@example.com").await;
    assert_eq!(member(grace.app_metadata.as_ref(), "/auth0/id"), "auth0|60425dc43519d90068f82973");
    let joan = import.user("joan@example.com").await;
    assert!(joan.email_confirmed_at.is_none() && joan.banned_until.unwrap() > Utc::now());
    for email in ["ada@example.com", "grace@example.com"] {
        assert!(import.can_sign_in(email, "correct-horse-7"), "{email}");
    }
}

/// The hash parameters that Firebase publishes as an example.
pub const FIREBASE_CONFIG: &str = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: \
                                   jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n  \
                                   base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n";

/// The salt and the hash of `user1password`, from the same example.
pub const FIREBASE_HASH: [&str; 2] =
    ["42xEC-ixf3L2lw", "lSrfV15cpx95_sZS2W9c9Kp6i_LVgQNDNC_qzrCnh1SAyZvqmZqAjTdn3aoItz-VHjoZilo78198JAdRuid5lQ"];

/// The credential of a Keycloak user whose password is `password`.
pub fn keycloak_argon2() -> Value {
    let secret = json!({ "value": "iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8=", "salt": "c29tZXNhbHQ=" });
    let parameters = json!({
        "hashLength": ["32"], "memory": ["256"], "type": ["i"], "version": ["1.3"], "parallelism": ["1"],
    });
    let data = json!({ "hashIterations": 2, "algorithm": "argon2", "additionalParameters": parameters });
    json!({ "type": "password", "secretData": secret.to_string(), "credentialData": data.to_string() })
}

#[tokio::test]
async fn firebase_users_keep_their_passwords() {
    let [salt, hash] = FIREBASE_HASH;
    let users = json!({ "users": [
        {
            "localId": "U1", "email": "ada@example.com", "emailVerified": true, "salt": salt, "passwordHash": hash,
            "displayName": "Ada Lovelace", "customAttributes": "{\"plan\": \"pro\"}",
            "providerUserInfo": [{ "providerId": "password" }], "createdAt": "1700000000000",
        },
        { "localId": "U2", "phoneNumber": "+15550000001", "disabled": true },
        { "localId": "U3" },
    ] });
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let (file, config) = (terminal.file("users.json"), terminal.file("hash.txt"));
    fs::write(&file, users.to_string()).unwrap();
    fs::write(&config, FIREBASE_CONFIG).unwrap();
    let line = format!("users import {} --from firebase --json", file.display());
    let without_config = terminal.run(&line);
    assert_eq!(without_config.exit, 2);
    assert!(without_config.err.contains("--firebase-hash-config"), "{}", without_config.err);
    assert!(server.requests().is_empty());

    let done = terminal.run(&format!("{line} --firebase-hash-config {}", config.display()));
    let mut import = Import { server, terminal, done };
    import.assert_counts(2, 1);
    assert!(import.done.err.contains("1 with a hash (Firebase scrypt)"), "{}", import.done.err);
    assert!(!import.done.err.contains("jxspr8Ki0"));
    let ada = import.user("ada@example.com").await;
    assert_eq!(member(ada.app_metadata.as_ref(), "/plan"), "pro");
    assert_eq!(member(ada.app_metadata.as_ref(), "/firebase/id"), "U1");
    assert!(import.can_sign_in("ada@example.com", "user1password"));
    assert!(!import.can_sign_in("ada@example.com", "user2password"));
    let users = all(&import.server).await;
    let phone = users.iter().find(|user| user.phone.as_deref() == Some("15550000001")).unwrap();
    assert!(phone.phone_confirmed_at.is_some() && phone.banned_until.is_some());
    let refused = fs::read_to_string(import.terminal.file("users.json.refused.jsonl")).unwrap();
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused["refused"], json!({ "line": 3, "why": "has neither an email address nor a phone number" }));
}

#[tokio::test]
async fn clerk_users_from_the_dashboard_and_the_api() {
    let table = format!(
        "id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,\
         unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,\
         password_hasher\n\
         user_1,Ada,Lovelace,ada,ada@example.com,+15550000001,Ada@Example.com|ada@other.example,,,+15550000001,,{BCRYPT},bcrypt\n\
         user_2,Grace,,,grace@example.com,,,grace@example.com,,,,\"{ARGON2}\",argon2i\n\
         user_3,,,,joan@example.com,,joan@example.com,,,,,pbkdf2_sha256$1000$c2FsdA==$aGFzaA==,pbkdf2_sha256\n"
    );
    let mut import = Import::of("users.csv", &table, "--from clerk").await;
    import.assert_counts(3, 0);
    let err = &import.done.err;
    assert!(err.contains("1 with a hash (bcrypt), 1 with a hash (Argon2), 1 with an unsupported hash"), "{err}");
    assert!(err.contains("1 with PBKDF2"), "{err}");
    let ada = import.user("ada@example.com").await;
    assert!(ada.email_confirmed_at.is_some() && ada.phone_confirmed_at.is_none());
    assert_eq!(member(ada.user_metadata.as_ref(), "/full_name"), "Ada Lovelace");
    assert_eq!(member(ada.app_metadata.as_ref(), "/clerk/id"), "user_1");
    assert!(import.user("grace@example.com").await.email_confirmed_at.is_none());
    assert!(import.can_sign_in("ada@example.com", "correct-horse-7"));

    let users = json!([{
        "id": "user_1", "first_name": "Ada", "primary_email_address_id": "idn_2", "banned": true,
        "email_addresses": [
            { "id": "idn_1", "email_address": "other@example.com", "verification": { "status": "verified" } },
            { "id": "idn_2", "email_address": "ada@example.com", "verification": { "status": "unverified" } },
        ],
        "phone_numbers": [{ "id": "idn_3", "phone_number": "+15550000001", "verification": { "status": "verified" } }],
        "public_metadata": { "plan": "pro" }, "unsafe_metadata": { "theme": "dark" },
        "private_metadata": { "note": "planted" },
    }]);
    let import = Import::of("users.json", &users.to_string(), "--from clerk").await;
    import.assert_counts(1, 0);
    let ada = import.user("ada@example.com").await;
    assert!(ada.email_confirmed_at.is_none() && ada.phone_confirmed_at.is_some() && ada.banned_until.is_some());
    assert_eq!(member(ada.app_metadata.as_ref(), "/plan"), "pro");
    assert_eq!(member(ada.user_metadata.as_ref(), "/theme"), "dark");
    assert!(!format!("{ada:?}").contains("planted"), "users could read private metadata");
}

#[tokio::test]
async fn cognito_users_keep_their_ids() {
    const ID: &str = "495a8cfc-297a-4b71-93bf-9799cc4a93ce";
    let attributes = json!([
        { "Name": "sub", "Value": ID },
        { "Name": "email", "Value": "ada@example.com" },
        { "Name": "email_verified", "Value": "true" },
        { "Name": "given_name", "Value": "Ada" },
        { "Name": "custom:plan", "Value": "pro" },
    ]);
    let page = |user: Value| json!({ "Users": [user], "PaginationToken": "x" }).to_string();
    let pages = page(json!({ "Username": "ada", "Attributes": attributes, "Enabled": true }))
        + &page(json!({ "Username": "grace", "Enabled": false, "Attributes": [
            { "Name": "email", "Value": "grace@example.com" }, { "Name": "email_verified", "Value": "false" },
        ] }));
    let import = Import::of("users.json", &pages, "--from cognito").await;
    import.assert_counts(2, 0);
    assert!(import.done.err.contains("2 users: 2 without a password"), "{}", import.done.err);
    let ada = import.user("ada@example.com").await;
    assert_eq!(ada.id.to_string(), ID);
    assert!(ada.email_confirmed_at.is_some());
    assert_eq!(member(ada.user_metadata.as_ref(), "/full_name"), "Ada");
    assert_eq!(
        member(ada.app_metadata.as_ref(), "/cognito"),
        &json!({ "username": "ada", "attributes": { "plan": "pro" } })
    );
    let grace = import.user("grace@example.com").await;
    assert!(grace.email_confirmed_at.is_none() && grace.banned_until.is_some());

    let table = format!("cognito:username,sub,name,email,email_verified\nada,{ID},Ada,ada@example.com,TRUE\n");
    let import = Import::of("users.csv", &table, "--from cognito").await;
    let ada = import.user("ada@example.com").await;
    assert!(ada.id.to_string() == ID && ada.email_confirmed_at.is_some());
    assert_eq!(member(ada.app_metadata.as_ref(), "/cognito"), &json!({ "username": "ada" }));
}

#[tokio::test]
async fn keycloak_users_keep_argon2_hashes_but_not_pbkdf2() {
    const ID: &str = "495a8cfc-297a-4b71-93bf-9799cc4a93ce";
    let pbkdf2 = json!({
        "type": "password",
        "secretData": json!({ "value": "cGxhbnRlZA==", "salt": "c2FsdA==" }).to_string(),
        "credentialData": json!({ "hashIterations": 210_000, "algorithm": "pbkdf2-sha512" }).to_string(),
    });
    let realm = json!({ "realm": "acme", "enabled": true, "users": [
        {
            "id": ID, "username": "ada", "email": "ada@example.com", "emailVerified": true, "firstName": "Ada",
            "lastName": "Lovelace", "enabled": true, "realmRoles": ["editor"], "groups": ["/staff"],
            "attributes": { "phoneNumber": ["+15550000001"], "phoneNumberVerified": ["true"] },
            "credentials": [{ "type": "otp", "secretData": "{}" }, keycloak_argon2()],
        },
        { "username": "grace", "email": "grace@example.com", "enabled": false, "credentials": [pbkdf2] },
    ] });
    let mut import = Import::of("realm.json", &realm.to_string(), "--from keycloak").await;
    import.assert_counts(2, 0);
    let err = &import.done.err;
    assert!(err.contains("2 users: 1 with a hash (Argon2), 1 with an unsupported hash"), "{err}");
    assert!(err.contains("the hashes of 1 user: 1 with PBKDF2") && !err.contains("cGxhbnRlZA"), "{err}");
    let ada = import.user("ada@example.com").await;
    assert_eq!(ada.id.to_string(), ID);
    assert!(ada.email_confirmed_at.is_some() && ada.phone_confirmed_at.is_some());
    assert_eq!(member(ada.app_metadata.as_ref(), "/keycloak/realm_roles"), &json!(["editor"]));
    assert_eq!(member(ada.app_metadata.as_ref(), "/keycloak/groups"), &json!(["/staff"]));
    assert!(import.user("grace@example.com").await.banned_until.is_some());
    assert!(import.can_sign_in("ada@example.com", "password"));
}

/// Nothing is sent before the user agrees to lose passwords.
#[tokio::test]
async fn unsupported_hashes_are_counted_before_anything_is_sent() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let table = format!(
        "email,password,password_hash\n\
         one@example.com,,{BCRYPT}\n\
         two@example.com,,md5:planted\n\
         three@example.com,,$pbkdf2-sha512$i=1$c2FsdA$aGFzaA\n\
         four@example.com,correct-horse-7,\n\
         five@example.com,,\n"
    );
    fs::write(terminal.file("users.csv"), table).unwrap();
    let line = format!("users import {} --json", terminal.file("users.csv").display());
    let asked = terminal.run(&line);
    assert_eq!(asked.exit, 2);
    assert!(asked.err.contains("Import 2 users without a password?"), "{}", asked.err);
    assert!(asked.err.contains("2 users: 1 with MD5, 1 with PBKDF2"), "{}", asked.err);
    assert!(asked.err.contains("1 with a password in plain text") && !asked.err.contains("planted"), "{}", asked.err);
    assert!(server.requests().is_empty() && !terminal.file("users.csv.progress").exists());

    let dry = terminal.run(&format!("{line} --dry-run"));
    assert_eq!(dry.out.trim(), r#"{"valid":5,"invalid":0}"#, "{}", dry.err);
    assert!(dry.err.contains("1 with MD5"), "{}", dry.err);
    assert_eq!(terminal.run(&format!("{line} --yes")).out.trim(), r#"{"created":5,"refused":0}"#);
}

/// A refused row gets its password from the export that it came from.
#[tokio::test]
async fn refused_users_of_an_export_are_imported_again_with_their_passwords() {
    let user = json!({ "email": "ada@example.com", "email_verified": true, "password_hash": BCRYPT });
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com");
    let file = terminal.file("users.json");
    fs::write(&file, format!("\n[{{\"email\": \"grace@example.com\"}}, {user}]")).unwrap();
    assert_eq!(terminal.run(&format!("users import {} --from auth0", file.display())).exit, 6);
    terminal.run("users delete ada@example.com --yes");
    let done = terminal.run(&format!("users import {}.refused.jsonl --from auth0", file.display()));
    assert_eq!(done.exit, 0, "{}", done.err);
    assert_eq!(terminal.answer("login ada@example.com", "correct-horse-7").exit, 0);
}

#[tokio::test]
async fn exports_from_standard_input_and_files_that_are_none() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let input = r#"{"email": "ada@example.com", "email_verified": "yes"}"#;
    let done = terminal.answer("users import - --from auth0 --json", input);
    assert_eq!(done.out.trim(), r#"{"created":1,"refused":0}"#, "{}", done.err);
    for (input, reason) in [
        ("planted", "not valid JSON at line 1"),
        ("[\"planted\"]", "expected users as JSON objects"),
        (r#"{"email": ["planted"]}"#, "user 1 email: cannot be read"),
    ] {
        let done = terminal.answer("users import - --from auth0 --dry-run", input);
        assert!(done.exit != 0 && done.err.contains(reason) && !done.err.contains("planted"), "{}", done.err);
    }
    assert_eq!(terminal.run("users import - --from elsewhere").exit, 2);
    assert_eq!(terminal.run("users import - --firebase-hash-config x").exit, 2);
}
