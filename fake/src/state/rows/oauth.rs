//! OAuth clients, their authorization requests and consents.

use chrono::{DateTime, Utc};
use gotrue::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    model::types::{OAuthClient, OAuthClientSummary},
    state::table::{Key, Row, Table},
};

/// The tables of the OAuth server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OAuth {
    pub(crate) clients: Table<ClientRow>,
    pub(crate) authorizations: Table<Authorization>,
    pub(crate) consents: Table<Consent>,
}

/// An OAuth client and its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClientRow {
    pub(crate) client: OAuthClient,
    pub(crate) secret: Option<Secret>,
}

impl ClientRow {
    pub(crate) fn summary(&self) -> OAuthClientSummary {
        OAuthClientSummary {
            id: self.client.client_id,
            name: self.client.client_name.clone(),
            uri: self.client.client_uri.clone(),
            logo_uri: self.client.logo_uri.clone(),
        }
    }
}

/// An authorization request, until its code is exchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) client_id: Uuid,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
    pub(crate) is_plain: bool,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    Denied,
    /// Approved, with the authorization code.
    Approved(String),
}

/// A user's consent for an OAuth client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Consent {
    pub(crate) user_id: Uuid,
    pub(crate) client_id: Uuid,
    pub(crate) scopes: Vec<String>,
    pub(crate) granted_at: DateTime<Utc>,
}

impl Row for ClientRow {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Id(self.client.client_id)]
    }
}

impl Row for Authorization {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Code(self.id.clone())]
    }
}

impl Row for Consent {
    fn keys(&self) -> Vec<Key> {
        vec![Key::User(self.user_id)]
    }
}

impl OAuth {
    pub(crate) fn client(&self, id: Uuid) -> Option<&ClientRow> {
        self.clients.find(&Key::Id(id))
    }

    pub(crate) fn consent_of(&self, user_id: Uuid, client_id: Uuid) -> Option<&Consent> {
        self.consents.with(&Key::User(user_id)).find(|consent| consent.client_id == client_id)
    }
}

pub(crate) fn scopes(scope: &str) -> Vec<String> {
    scope.split_whitespace().map(str::to_owned).collect()
}
