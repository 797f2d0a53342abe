//! The server as an OAuth server: applications that sign people in through it.

mod authorize;
mod client;
mod consent;
mod discovery;
mod grants;
mod token;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(super) use authorize::authorize;
pub(super) use client::{create, delete, get, list, regenerate_secret, register, update};
pub(super) use consent::{consent, details};
pub(super) use discovery::configuration;
pub(super) use grants::{list as list_grants, revoke as revoke_grant, user_info};
pub(super) use token::token;

use crate::model::types::{OAuthClient, OAuthClientSummary};
use gotrue::Secret;

/// What the server remembers of applications.
#[derive(Debug, Default)]
pub(super) struct OAuth {
    clients: Vec<ClientRow>,
    authorizations: Vec<Authorization>,
    consents: Vec<Consent>,
}

/// An application, with what is not told of it.
#[derive(Debug)]
struct ClientRow {
    client: OAuthClient,
    secret: Option<Secret>,
}

impl ClientRow {
    fn summary(&self) -> OAuthClientSummary {
        OAuthClientSummary {
            id: self.client.client_id,
            name: self.client.client_name.clone(),
            uri: self.client.client_uri.clone(),
            logo_uri: self.client.logo_uri.clone(),
        }
    }
}

/// What an application asks for, until it has its tokens.
#[derive(Clone, Debug)]
struct Authorization {
    id: String,
    client_id: Uuid,
    redirect_uri: String,
    scope: String,
    state: Option<String>,
    resource: Option<String>,
    nonce: Option<String>,
    challenge: String,
    is_plain: bool,
    expires_at: DateTime<Utc>,
    user_id: Option<Uuid>,
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    Pending,
    Denied,
    /// With the code.
    Approved(String),
}

/// What a user lets an application do.
#[derive(Debug)]
struct Consent {
    user_id: Uuid,
    client_id: Uuid,
    scopes: Vec<String>,
    granted_at: DateTime<Utc>,
}

impl OAuth {
    fn client(&self, id: Uuid) -> Option<&ClientRow> {
        self.clients.iter().find(|row| row.client.client_id == id)
    }

    fn consent_of(&self, user_id: Uuid, client_id: Uuid) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.user_id == user_id && consent.client_id == client_id)
    }
}

fn scopes(scope: &str) -> Vec<String> {
    scope.split_whitespace().map(str::to_owned).collect()
}
