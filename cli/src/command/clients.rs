//! `gotrue clients`: the OAuth clients of the server.

use clap::{Args, Subcommand};
use gotrue::{SetOptional, admin::UpdateOAuthClient, oauth::NewOAuthClient, types::OAuthClient, uuid::Uuid};

use crate::{
    context::Context,
    failure::{Failure, Result},
    time,
};

const COLUMNS: [&str; 5] = ["CLIENT ID", "NAME", "TYPE", "REDIRECT URIS", "CREATED"];

/// Manage the OAuth clients of the server.
#[derive(Debug, Subcommand)]
pub enum Clients {
    /// List clients
    #[command(visible_alias = "ls")]
    List,
    /// Show a client
    Get {
        /// ID of the client
        client_id: Uuid,
    },
    /// Register a client
    Create(Create),
    /// Update a client; an empty value removes a field
    Update(Update),
    /// Replace a client's secret and print the new one; the old one stops working at once
    NewSecret {
        /// ID of the client
        client_id: Uuid,
    },
    /// Delete a client
    #[command(visible_alias = "rm")]
    Delete {
        /// ID of the client
        client_id: Uuid,
    },
}

impl Clients {
    pub async fn run(self, context: &Context) -> Result<()> {
        let clients = context.admin()?.oauth_clients();
        let client = match self {
            Self::List => return context.out.list(&COLUMNS, &clients.list().await?, row),
            Self::Get { client_id } => clients.get(client_id).await?,
            Self::Create(create) => clients.create(create.into_request()?).await?,
            Self::Update(update) => clients.update(update.client_id, update.into_request()).await?,
            Self::NewSecret { client_id } => {
                context.confirm(format!("The old secret stops working at once. Replace the secret of {client_id}?"))?;
                clients.regenerate_secret(client_id).await?
            }
            Self::Delete { client_id } => {
                context.confirm(format!("Delete the client {client_id}?"))?;
                clients.delete(client_id).await?;
                context.out.note("deleted");
                return Ok(());
            }
        };
        show(context, &client)
    }
}

/// Register a client.
#[derive(Debug, Args)]
pub struct Create {
    /// Redirect URIs of the client
    #[arg(required = true)]
    redirect_uris: Vec<String>,
    /// Register a public client, which cannot keep a secret: an application in a browser or on a phone
    #[arg(long)]
    public: bool,
    /// Register a confidential client and print its secret, which the server shows only once
    #[arg(long, conflicts_with = "public")]
    show_secret: bool,
    #[command(flatten)]
    names: Names,
}

/// What users see of a client.
#[derive(Debug, Args)]
struct Names {
    /// Display name
    #[arg(long)]
    name: Option<String>,
    /// URL of the home page
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    /// URL of the logo
    #[arg(long, value_name = "URL")]
    logo_uri: Option<String>,
}

impl Create {
    fn into_request(self) -> Result<NewOAuthClient> {
        let mut client = match (self.public, self.show_secret) {
            (true, _) => NewOAuthClient::public(self.redirect_uris),
            (_, true) => NewOAuthClient::confidential(self.redirect_uris),
            _ => {
                let hint = "pass --show-secret to print it, or --public for a client without a secret";
                return Err(Failure::usage("the server shows the client secret only once").hint(hint));
            }
        };
        client = client
            .maybe(self.names.name, NewOAuthClient::client_name)
            .maybe(self.names.uri, NewOAuthClient::client_uri)
            .maybe(self.names.logo_uri, NewOAuthClient::logo_uri);
        Ok(client)
    }
}

/// Update a client.
#[derive(Debug, Args)]
pub struct Update {
    /// ID of the client
    client_id: Uuid,
    /// Redirect URI; repeat for several; replaces all existing ones
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    #[command(flatten)]
    names: Names,
}

impl Update {
    fn into_request(self) -> UpdateOAuthClient {
        let mut client = UpdateOAuthClient::new();
        if !self.redirect_uri.is_empty() {
            client = client.redirect_uris(self.redirect_uri);
        }
        client = client
            .maybe(self.names.name, UpdateOAuthClient::client_name)
            .maybe(self.names.uri, UpdateOAuthClient::client_uri)
            .maybe(self.names.logo_uri, UpdateOAuthClient::logo_uri);
        client
    }
}

/// The server returns the secret only from create and new-secret.
fn show(context: &Context, client: &OAuthClient) -> Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let method = client.token_endpoint_auth_method.as_ref().map(ToString::to_string);
    let grants: Vec<_> = client.grant_types.iter().flatten().map(ToString::to_string).collect();
    context.out.record(
        client,
        [
            ("client id", client.client_id.to_string()),
            ("client secret", client.client_secret.as_ref().map(|key| key.expose().to_owned()).unwrap_or_default()),
            ("name", text(&client.client_name)),
            ("type", client.client_type.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("redirect URIs", client.redirect_uris.clone().unwrap_or_default().join(", ")),
            ("token endpoint auth", method.unwrap_or_default()),
            ("grant types", grants.join(", ")),
            ("home page", text(&client.client_uri)),
            ("logo", text(&client.logo_uri)),
            ("created", time::full(client.created_at)),
        ],
    )
}

fn row(client: &OAuthClient) -> Vec<String> {
    vec![
        client.client_id.to_string(),
        client.client_name.clone().unwrap_or_default(),
        client.client_type.as_ref().map(ToString::to_string).unwrap_or_default(),
        client.redirect_uris.clone().unwrap_or_default().join(", "),
        time::short(client.created_at),
    ]
}
