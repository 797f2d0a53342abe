//! `gotrue clients`: the clients of the server's own OAuth.

use clap::{Args, Subcommand};
use gotrue::{
    admin::{CreateOAuthClient, UpdateOAuthClient},
    types::OAuthClient,
    uuid::Uuid,
};

use crate::{
    context::Context,
    failure::{Failure, Result},
    time,
};

const COLUMNS: [&str; 5] = ["CLIENT ID", "NAME", "TYPE", "REDIRECTS TO", "CREATED"];

/// The clients of the server's own OAuth.
#[derive(Debug, Subcommand)]
pub enum Clients {
    /// Shows the clients
    #[command(visible_alias = "ls")]
    List,
    /// Shows a client
    Get { client_id: Uuid },
    /// Adds a client
    Create(Create),
    /// Changes a client; what is not named stays, and an empty text removes what was there
    Update(Update),
    /// Gives a client a new secret and prints it; the old one is void at once
    NewSecret { client_id: Uuid },
    /// Removes a client
    #[command(visible_alias = "rm")]
    Delete { client_id: Uuid },
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
                context.confirm(format!("The old one is void at once. Replace the secret of {client_id}?"))?;
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

/// Adds a client.
#[derive(Debug, Args)]
pub struct Create {
    /// Where a browser may be sent back to; may be repeated
    #[arg(required = true)]
    redirect_uris: Vec<String>,
    /// It cannot keep a secret, as an application in a browser or on a phone
    #[arg(long)]
    public: bool,
    /// Prints the secret of a client that can keep one, which the server shows this once
    #[arg(long, conflicts_with = "public")]
    show_secret: bool,
    #[command(flatten)]
    names: Names,
}

/// What people see of a client.
#[derive(Debug, Args)]
struct Names {
    /// Its name for people
    #[arg(long)]
    name: Option<String>,
    /// Its home page
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    /// Its logo
    #[arg(long, value_name = "URL")]
    logo_uri: Option<String>,
}

impl Create {
    fn into_request(self) -> Result<CreateOAuthClient> {
        let mut client = match (self.public, self.show_secret) {
            (true, _) => CreateOAuthClient::public(self.redirect_uris),
            (_, true) => CreateOAuthClient::confidential(self.redirect_uris),
            _ => {
                let hint = "add --show-secret to have it printed, or --public for a client that has none";
                return Err(Failure::usage("the secret of the client is shown this once").hint(hint));
            }
        };
        if let Some(name) = self.names.name {
            client = client.name(name);
        }
        if let Some(uri) = self.names.uri {
            client = client.uri(uri);
        }
        if let Some(uri) = self.names.logo_uri {
            client = client.logo_uri(uri);
        }
        Ok(client)
    }
}

/// Changes a client.
#[derive(Debug, Args)]
pub struct Update {
    client_id: Uuid,
    /// Where a browser may be sent back to; may be repeated, and is all of them
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
        if let Some(name) = self.names.name {
            client = client.name(name);
        }
        if let Some(uri) = self.names.uri {
            client = client.uri(uri);
        }
        if let Some(uri) = self.names.logo_uri {
            client = client.logo_uri(uri);
        }
        client
    }
}

/// The secret is there only after the commands that name it.
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
            ("redirects to", client.redirect_uris.clone().unwrap_or_default().join(", ")),
            ("sends its secret by", method.unwrap_or_default()),
            ("grants", grants.join(", ")),
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
