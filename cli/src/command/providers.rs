//! `gotrue providers`: custom OAuth and OpenID Connect providers.

use clap::{Args, Subcommand};
use gotrue::{
    SetOptional,
    admin::{CreateCustomProvider, OAuth2Endpoints, UpdateCustomProvider},
    types::CustomProvider,
};

use crate::{context::Context, failure::Result, output::yes_no, prompt, time};

const COLUMNS: [&str; 5] = ["IDENTIFIER", "KIND", "NAME", "ENABLED", "ISSUER"];

/// Manage custom OAuth and OpenID Connect providers.
#[derive(Debug, Subcommand)]
pub enum Providers {
    /// List providers
    #[command(visible_alias = "ls")]
    List,
    /// Show a provider
    Get {
        /// Identifier of the provider
        identifier: String,
    },
    /// Add a provider; prompts for its client secret
    Create(Create),
    /// Update a provider
    Update(Update),
    /// Delete a provider
    #[command(visible_alias = "rm")]
    Delete {
        /// Identifier of the provider
        identifier: String,
    },
}

impl Providers {
    pub async fn run(self, context: &Context) -> Result<()> {
        let providers = context.admin()?.custom_providers();
        let provider = match self {
            Self::List => return context.out.list(&COLUMNS, &providers.list().await?, row),
            Self::Get { identifier } => providers.get(identifier).await?,
            Self::Create(create) => providers.create(create.into_request()?).await?,
            Self::Update(update) => providers.update(update.identifier.clone(), update.into_request()?).await?,
            Self::Delete { identifier } => {
                context.confirm(format!(
                    "Its users will no longer be able to sign in. Delete the provider {identifier}?"
                ))?;
                providers.delete(identifier).await?;
                context.out.note("deleted");
                return Ok(());
            }
        };
        show(context, &provider)
    }
}

/// Add a provider.
#[derive(Debug, Args)]
pub struct Create {
    /// Identifier, with or without the prefix "custom:"
    identifier: String,
    /// OpenID Connect: issuer URL; the other endpoints are discovered from it
    #[arg(long, value_name = "URL", required_unless_present = "authorization_url")]
    issuer: Option<String>,
    /// OAuth 2.0: authorization endpoint
    #[arg(long, value_name = "URL", conflicts_with = "issuer", requires = "token_url", requires = "userinfo_url")]
    authorization_url: Option<String>,
    /// OAuth 2.0: token endpoint
    #[arg(long, value_name = "URL", requires = "authorization_url")]
    token_url: Option<String>,
    /// OAuth 2.0: userinfo endpoint
    #[arg(long, value_name = "URL", requires = "authorization_url")]
    userinfo_url: Option<String>,
    /// Client ID that the provider issued to this server
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Display name
    #[arg(long)]
    name: Option<String>,
    /// Scope to request; repeat for several
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
}

impl Create {
    fn into_request(self) -> Result<CreateCustomProvider> {
        let secret = prompt::secret("Client secret")?;
        let mut provider = if let Some(issuer) = self.issuer {
            CreateCustomProvider::oidc(self.identifier, issuer, self.client_id, secret)
        } else {
            let endpoints = OAuth2Endpoints {
                authorization_url: self.authorization_url.unwrap_or_default(),
                token_url: self.token_url.unwrap_or_default(),
                userinfo_url: self.userinfo_url.unwrap_or_default(),
            };
            CreateCustomProvider::oauth2(self.identifier, endpoints, self.client_id, secret)
        };
        provider = provider.maybe(self.name, CreateCustomProvider::name);
        if !self.scope.is_empty() {
            provider = provider.scopes(self.scope);
        }
        Ok(provider)
    }
}

/// Update a provider.
#[derive(Debug, Args)]
pub struct Update {
    /// Identifier of the provider
    identifier: String,
    /// Display name
    #[arg(long)]
    name: Option<String>,
    /// Client ID that the provider issued to this server
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Prompt for a new client secret
    #[arg(long)]
    client_secret: bool,
    /// Scope to request; repeat for several; replaces all existing ones
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Whether users can sign in with it
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
}

impl Update {
    fn into_request(self) -> Result<UpdateCustomProvider> {
        let mut provider = UpdateCustomProvider::new();
        provider = provider
            .maybe(self.name, UpdateCustomProvider::name)
            .maybe(self.client_id, UpdateCustomProvider::client_id);
        if self.client_secret {
            provider = provider.client_secret(prompt::secret("Client secret")?);
        }
        if !self.scope.is_empty() {
            provider = provider.scopes(self.scope);
        }
        provider = provider.maybe(self.enabled, UpdateCustomProvider::enabled);
        Ok(provider)
    }
}

fn show(context: &Context, provider: &CustomProvider) -> Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    context.out.record(
        provider,
        [
            ("identifier", provider.identifier.clone()),
            ("kind", provider.provider_type.to_string()),
            ("name", text(&provider.name)),
            ("enabled", yes_no(provider.enabled)),
            ("client id", text(&provider.client_id)),
            ("scopes", provider.scopes.clone().unwrap_or_default().join(", ")),
            ("issuer", text(&provider.issuer)),
            ("authorization URL", text(&provider.authorization_url)),
            ("token URL", text(&provider.token_url)),
            ("userinfo URL", text(&provider.userinfo_url)),
            ("PKCE", yes_no(provider.pkce_enabled)),
            ("created", time::full(provider.created_at)),
        ],
    )
}

fn row(provider: &CustomProvider) -> Vec<String> {
    vec![
        provider.identifier.clone(),
        provider.provider_type.to_string(),
        provider.name.clone().unwrap_or_default(),
        yes_no(provider.enabled),
        provider.issuer.clone().unwrap_or_default(),
    ]
}
