//! Where a command does its work: the server, its keys, the session.

use std::env;

use gotrue::{AdminClient, Client, ClientBuilder, FileStore, Secret, SessionManager};

use crate::{
    cli::Options,
    config::{Config, Folder, SessionOf},
    failure::{Exit, Failure, Result},
    keys::Keys,
    output::Output,
    prompt,
};

const NAME: &str = concat!("gotrue-cli/", env!("CARGO_PKG_VERSION"));

/// What every command is given. Nothing is read or asked before it is needed.
#[derive(Debug)]
pub struct Context {
    pub out: Output,
    pub options: Options,
}

/// A server, and what is ours there.
struct Place {
    builder: ClientBuilder,
    keys: Keys,
    profile: Option<String>,
}

impl Context {
    pub fn new(options: Options) -> Self {
        Self { out: Output { json: options.json }, options }
    }

    /// Goes on only when somebody says yes, or has said so with `--yes`.
    pub fn confirm(&self, question: impl AsRef<str>) -> Result<()> {
        prompt::confirm(question.as_ref(), self.options.yes)
    }

    /// A client for the server.
    pub fn client(&self) -> Result<Client> {
        self.build(self.place()?.builder)
    }

    /// A client with the service key.
    pub fn admin(&self) -> Result<AdminClient> {
        let Place { builder, keys, .. } = self.place()?;
        let key = self.service_key()?.or(keys.service_key).ok_or_else(|| {
            Failure::new(Exit::Unauthorized, "this takes the service key")
                .hint("give it by --service-key -, GOTRUE_SERVICE_KEY or gotrue profile add")
        })?;
        Ok(self.build(builder)?.admin(key))
    }

    /// The session at that server, if there is one.
    pub async fn session(&self) -> Result<SessionManager> {
        let Place { builder, profile, .. } = self.place()?;
        let client = self.build(builder)?;
        let of = profile.as_deref().map_or(SessionOf::Server(client.base_url().as_str()), SessionOf::Profile);
        let file = Folder::find()?.session_file(of);
        Ok(client.session_manager(FileStore::open(file)?).await?)
    }

    /// The service key of the command line, or else the environment's, which goes with the environment's server only.
    pub fn service_key(&self) -> Result<Option<Secret>> {
        match &self.options.service_key {
            Some(key) if key.expose() == "-" => prompt::secret("Service key").map(Some),
            key => Ok(key.clone()),
        }
    }

    fn build(&self, mut builder: ClientBuilder) -> Result<Client> {
        if let Some(key) = &self.options.key {
            builder = builder.api_key(key);
        }
        Ok(builder.user_agent(NAME).client_info(NAME).build()?)
    }

    fn place(&self) -> Result<Place> {
        if let Some(url) = &self.options.url {
            return Ok(Place::of_environment(ClientBuilder::from_env().base_url(url)));
        }
        let environment_has_one = || variable("GOTRUE_URL").or_else(|| variable("SUPABASE_URL")).is_some();
        if self.options.profile.is_none() && environment_has_one() {
            return Ok(Place::of_environment(ClientBuilder::from_env()));
        }
        let folder = Folder::find()?;
        let config = Config::read(&folder)?;
        match self.options.profile.as_ref().or(config.current.as_ref()) {
            Some(name) => Place::of_profile(&folder, &config, name),
            None => Ok(Place::of_environment(ClientBuilder::from_env())),
        }
    }
}

impl Place {
    fn of_environment(builder: ClientBuilder) -> Self {
        // The two families are never mixed, as in `Client::from_env`.
        let is_project = variable("GOTRUE_URL").is_none() && variable("SUPABASE_URL").is_some();
        let names =
            if is_project { ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"] } else { ["GOTRUE_SERVICE_KEY"; 2] };
        let service_key = names.into_iter().find_map(variable);
        Self { builder, keys: Keys { api_key: None, service_key: service_key.map(Secret::from) }, profile: None }
    }

    /// Only with its own keys: those of the environment are another server's.
    fn of_profile(folder: &Folder, config: &Config, name: &str) -> Result<Self> {
        let profile = config.profile(name)?;
        let keys = profile.keys.load(folder, name)?;
        let builder = Client::builder().base_url(&profile.url).api_key(keys.api_key.clone().unwrap_or_default());
        Ok(Self { builder, keys, profile: Some(name.to_owned()) })
    }
}

/// A variable that is set to nothing is as good as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
