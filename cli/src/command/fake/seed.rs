//! The users that a fake server starts with.

use std::path::Path;

use gotrue::{
    Client,
    reqwest::Method,
    serde_json::{self, Value, json},
};
use gotrue_fake::FakeServer;

use crate::failure::{Failure, Result};

/// Creates the users in a file, and returns how many are new. Users who exist are skipped.
pub async fn create_users(server: &FakeServer, file: &Path) -> Result<usize> {
    let in_file = |failure: Failure| failure.during(file.display());
    let text = std::fs::read(file).map_err(|error| in_file(error.into()))?;
    let users: Vec<Value> = serde_json::from_slice(&text)
        .map_err(|error| in_file(Failure::usage(format!("expected a JSON list of users: {error}"))))?;
    let client = Client::builder().base_url(server.url()).api_key(server.api_key()).build()?;
    let admin = client.admin(server.service_key());
    let mut created = 0;
    for (index, mut user) in users.into_iter().enumerate() {
        let number = index + 1;
        let fields = user
            .as_object_mut()
            .ok_or_else(|| in_file(Failure::usage(format!("user {number}: expected an object"))))?;
        // Otherwise no one could sign in as one.
        for (address, confirm) in [("email", "email_confirm"), ("phone", "phone_confirm")] {
            if fields.contains_key(address) {
                fields.entry(confirm).or_insert(json!(true));
            }
        }
        match admin.request(Method::POST, "/admin/users")?.json(&user).send::<Value>().await {
            Ok(_) => created += 1,
            Err(error)
                if error.code().is_some_and(|code| ["email_exists", "phone_exists"].contains(&code.as_str())) => {}
            Err(error) => return Err(in_file(Failure::from(error).during(format!("user {number}")))),
        }
    }
    Ok(created)
}
