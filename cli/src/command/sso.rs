//! `gotrue sso`: SAML identity providers.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gotrue::{
    SetOptional,
    admin::{CreateSsoProvider, UpdateSsoProvider},
    serde_json::{self, Value},
    types::{SamlAttributeMapping, SsoProvider},
    uuid::Uuid,
};

use crate::{
    context::Context,
    failure::{Failure, Result},
    output::yes_no,
    text_file, time,
    value_parser::{json, json_object},
};

const COLUMNS: [&str; 5] = ["ID", "DOMAINS", "ENTITY", "DISABLED", "CREATED"];

/// Manage SAML identity providers.
#[derive(Debug, Subcommand)]
pub enum Sso {
    /// List providers
    #[command(visible_alias = "ls")]
    List,
    /// Show a provider
    Get {
        /// ID of the provider
        id: Uuid,
    },
    /// Add a provider from its metadata
    Create(Changes),
    /// Update a provider
    Update {
        /// ID of the provider
        id: Uuid,
        #[command(flatten)]
        changes: Changes,
    },
    /// Delete a provider
    #[command(visible_alias = "rm")]
    Delete {
        /// ID of the provider
        id: Uuid,
    },
}

#[derive(Debug, Args)]
pub struct Changes {
    /// URL of the metadata; https only
    #[arg(long, value_name = "URL", conflicts_with = "metadata_file")]
    metadata_url: Option<String>,
    /// File with the metadata, XML
    #[arg(long, value_name = "FILE")]
    metadata_file: Option<PathBuf>,
    /// Email domain that signs in with it; repeat for several; replaces all existing ones
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// Mapping from SAML attributes to user fields, such as {"keys": {"email": {"name": "mail"}}}
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    attribute_mapping: Option<Value>,
    /// Name identifier format to request
    #[arg(long, value_name = "URN")]
    name_id_format: Option<String>,
    /// ID of your choice
    #[arg(long, value_name = "ID")]
    resource_id: Option<String>,
    /// Whether sign-in with it is disabled
    #[arg(long, value_name = "BOOL")]
    disabled: Option<bool>,
    /// Option of servers since v2.198.0, any JSON
    #[arg(long, value_name = "JSON", value_parser = json)]
    dedicated_scope: Option<Value>,
}

impl Sso {
    pub async fn run(self, context: &Context) -> Result<()> {
        let providers = context.admin()?.sso_providers();
        let provider = match self {
            Self::List => return context.out.list(&COLUMNS, &providers.list().get().await?, row),
            Self::Get { id } => providers.get(id).await?,
            Self::Create(changes) => providers.create(changes.create()?).await?,
            Self::Update { id, changes } => {
                let now = providers.get(id).await?;
                providers.update(id, changes.update(UpdateSsoProvider::of(&now))?).await?
            }
            Self::Delete { id } => {
                context
                    .confirm(format!("Its users will no longer be able to sign in. Delete the SSO provider {id}?"))?;
                providers.delete(id).await?;
                context.out.note("deleted");
                return Ok(());
            }
        };
        show(context, &provider)
    }
}

impl Changes {
    fn create(self) -> Result<CreateSsoProvider> {
        let mapping = self.mapping()?;
        let mut provider = match (&self.metadata_url, self.metadata_xml()?) {
            (Some(url), _) => CreateSsoProvider::metadata_url(url),
            (_, Some(xml)) => CreateSsoProvider::metadata_xml(xml),
            _ => return Err(Failure::usage("expected --metadata-url or --metadata-file")),
        };
        if !self.domain.is_empty() {
            provider = provider.domains(self.domain);
        }
        provider = provider
            .maybe(mapping, CreateSsoProvider::attribute_mapping)
            .maybe(self.name_id_format, CreateSsoProvider::name_id_format)
            .maybe(self.resource_id, CreateSsoProvider::resource_id)
            .maybe(self.disabled, CreateSsoProvider::disabled)
            .maybe(self.dedicated_scope, CreateSsoProvider::dedicated_scope);
        Ok(provider)
    }

    fn update(self, mut provider: UpdateSsoProvider) -> Result<UpdateSsoProvider> {
        let mapping = self.mapping()?;
        provider = provider
            .maybe(self.metadata_xml()?, UpdateSsoProvider::metadata_xml)
            .maybe(self.metadata_url, UpdateSsoProvider::metadata_url);
        if !self.domain.is_empty() {
            provider = provider.domains(self.domain);
        }
        provider = provider
            .maybe(mapping, UpdateSsoProvider::attribute_mapping)
            .maybe(self.name_id_format, UpdateSsoProvider::name_id_format)
            .maybe(self.resource_id, UpdateSsoProvider::resource_id)
            .maybe(self.disabled, UpdateSsoProvider::disabled)
            .maybe(self.dedicated_scope, UpdateSsoProvider::dedicated_scope);
        Ok(provider)
    }

    fn metadata_xml(&self) -> Result<Option<String>> {
        self.metadata_file.as_deref().map(text_file::read).transpose()
    }

    fn mapping(&self) -> Result<Option<SamlAttributeMapping>> {
        let mapping = self.attribute_mapping.clone().map(serde_json::from_value).transpose();
        mapping.map_err(|error| Failure::usage(format!("the attribute mapping is not valid: {error}")))
    }
}

fn show(context: &Context, provider: &SsoProvider) -> Result<()> {
    let saml = provider.saml.as_ref();
    let text = |value: Option<String>| value.unwrap_or_default();
    context.out.record(
        provider,
        [
            ("id", provider.id.to_string()),
            ("domains", domains(provider)),
            ("entity ID", text(saml.and_then(|saml| saml.entity_id.clone()))),
            ("metadata URL", text(saml.and_then(|saml| saml.metadata_url.clone()))),
            ("NameID format", text(saml.and_then(|saml| saml.name_id_format.clone()))),
            ("resource id", text(provider.resource_id.clone())),
            ("disabled", yes_no(provider.disabled)),
            ("created", time::full(provider.created_at)),
            ("updated", time::full(provider.updated_at)),
        ],
    )
}

fn row(provider: &SsoProvider) -> Vec<String> {
    let entity = provider.saml.as_ref().and_then(|saml| saml.entity_id.clone());
    vec![
        provider.id.to_string(),
        domains(provider),
        entity.unwrap_or_default(),
        yes_no(provider.disabled),
        time::short(provider.created_at),
    ]
}

fn domains(provider: &SsoProvider) -> String {
    let domains = provider.domains.iter().flatten();
    domains.map(|domain| domain.domain.as_str()).collect::<Vec<_>>().join(", ")
}
