//! What every command works with: the output, the server and the session.

use std::env;

use gotrue::{
    AdminClient, Client, Error, FileStore, Secret, SessionManager,
    reqwest::StatusCode,
    url::{Host, Url},
};

use crate::{
    config_dir::{ConfigDir, SessionOwner},
    failure::{Exit, Failure, Result},
    options::Options,
    output::Output,
    prompt,
    target::{Source, Sourced, Target},
};

const USER_AGENT: &str = concat!("gotrue-cli/", env!("CARGO_PKG_VERSION"));

/// Page of the documentation about service keys.
const SERVICE_KEYS: &str = "see gotrue keys --help";

/// The context of a command. Nothing is read or asked before it is needed.
#[derive(Debug)]
pub struct Context {
    pub out: Output,
    pub options: Options,
}

impl Context {
    pub fn new(options: Options) -> Self {
        Self { out: Output { json: options.json }, options }
    }

    /// Asks for confirmation, unless `--yes` is given.
    pub fn confirm(&self, question: impl AsRef<str>) -> Result<()> {
        prompt::confirm(question.as_ref(), self.options.yes)
    }

    /// Returns the server and its keys.
    pub fn target(&self) -> Result<Target> {
        // An empty variable counts as unset. One that is not UTF-8 does not, since another server would be chosen.
        let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Target::resolve(&self.options, &|name| variable(name).filter(|value| !value.is_empty()))
    }

    /// Returns a client for the server.
    pub fn client(&self) -> Result<Client> {
        build(&self.target()?)
    }

    /// Returns the URL of the server, normalized.
    pub fn server_url(&self) -> Result<String> {
        Ok(Client::builder().base_url(&self.target()?.url.value).build()?.base_url().to_string())
    }

    /// Returns a client with the service key.
    pub fn admin(&self) -> Result<AdminClient> {
        let target = self.target()?;
        let client = build(&target)?;
        let unused = target.unused_keys.iter().find(|name| name.contains("SERVICE") || name.contains("SECRET"));
        let Some(Sourced { value: key, source }) = target.service_key else {
            let hint = match unused {
                Some(name) => {
                    format!("{name} is not used, since it may belong to another server: pass --service-key -")
                }
                None => format!("pass --service-key -, or set GOTRUE_SERVICE_KEY, or use a profile; {SERVICE_KEYS}"),
            };
            return Err(Failure::new(Exit::Unauthorized, "this command needs the service key").hint(hint));
        };
        if let (Some(name), Source::Profile(profile)) = (unused, &source) {
            self.out.warning(format!("{name} is not used: profile {profile} has its own service key"));
        }
        if source == Source::Named("--service-key") {
            self.warn_of_visible_key();
        }
        if is_plain_remote(client.base_url()) {
            let host = client.base_url().host_str().unwrap_or_default();
            self.out.warning(format!("the service key is sent to {host} unencrypted: use https"));
        }
        Ok(client.admin(key_or_prompt("Service key", &key)?))
    }

    /// Warns of a service key on the command line.
    pub fn warn_of_visible_key(&self) {
        if self.options.service_key.as_ref().is_some_and(|key| key.expose() != "-") {
            self.out.warning("a key on the command line is visible to other users: pass --service-key - instead");
        }
    }

    /// Adds what is known about the server to a failure: its URL if it did not respond, and whether it is a GoTrue
    /// server at all if it responded with 404. A wrong path would otherwise look like a missing user.
    pub async fn explain(&self, mut failure: Failure) -> Failure {
        let is_prompted = self.options.key.as_ref().is_some_and(|key| key.expose() == "-");
        if is_prompted || !matches!(failure.exit, Exit::NotFound | Exit::Unavailable) {
            return failure;
        }
        let Ok(client) = self.client() else { return failure };
        let url = client.base_url().as_str();
        if failure.request.status == Some(StatusCode::NOT_FOUND) && !is_gotrue(&client).await {
            failure.exit = Exit::Refused;
            failure.message = format!("{url} is not a GoTrue server: it responded with 404");
            failure.hint = Some("check the path of the URL; for a hosted project it is /auth/v1".to_owned());
        }
        if failure.request.status.is_none()
            && !is_local(client.base_url())
            && let Some(variable) = proxy_variable(client.base_url().scheme())
        {
            let hint = failure.hint.map(|hint| format!("{hint}; ")).unwrap_or_default();
            failure.hint = Some(format!("{hint}{variable} is set: check the proxy too"));
        }
        failure.at(url)
    }

    /// Returns the session on the server, if there is one.
    pub async fn session(&self) -> Result<SessionManager> {
        let target = self.target()?;
        let client = build(&target)?;
        let url = client.base_url().as_str();
        let owner = target.profile.as_deref().map_or(SessionOwner::Server(url), SessionOwner::Profile);
        let file = ConfigDir::find()?.session_file(owner);
        let in_file = |failure: Failure| failure.during(file.display());
        let store = FileStore::open(&file).map_err(|error| in_file(error.into()))?;
        client.session_manager(store).await.map_err(|error| in_file(error.into()))
    }
}

fn build(target: &Target) -> Result<Client> {
    let mut builder = Client::builder().base_url(&target.url.value).user_agent(USER_AGENT).client_info(USER_AGENT);
    if let Some(key) = &target.api_key {
        builder = builder.api_key(key_or_prompt("API key", &key.value)?);
    }
    Ok(builder.build()?)
}

/// Returns whether a server has a health endpoint that responds like GoTrue's. Without a clear answer it counts as one.
async fn is_gotrue(client: &Client) -> bool {
    match client.health().await {
        Ok(_) => true,
        Err(Error::UnreadableResponse(_)) => false,
        Err(error) => error.status() != Some(StatusCode::NOT_FOUND),
    }
}

/// Returns the variable that names a proxy for URLs of this scheme.
fn proxy_variable(scheme: &str) -> Option<String> {
    let names = [format!("{scheme}_proxy"), "all_proxy".to_owned()];
    let mut names = names.into_iter().flat_map(|name| [name.to_uppercase(), name]);
    names.find(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Returns the key, or prompts for it if it is `-`.
pub fn key_or_prompt(what: &str, key: &Secret) -> Result<Secret> {
    if key.expose() == "-" { prompt::secret(what) } else { Ok(key.clone()) }
}

/// Returns whether what is sent to the URL leaves this machine unencrypted.
fn is_plain_remote(url: &Url) -> bool {
    url.scheme() == "http" && !is_local(url)
}

/// Returns whether the URL is that of a service on this machine.
pub fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_only_for_this_machine() {
        let is_plain = |url: &str| is_plain_remote(&Url::parse(url).unwrap());
        assert!(
            is_plain("http://auth.example.com") && is_plain("http://10.0.0.7:9999") && is_plain("http://[fd00::1]")
        );
        assert!(!is_plain("https://auth.example.com") && !is_plain("http://localhost:9999"));
        assert!(
            !is_plain("http://127.0.0.1:9999") && !is_plain("http://[::1]:9999") && !is_plain("http://0.0.0.0:9999")
        );
    }
}
