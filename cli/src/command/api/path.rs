//! `gotrue api METHOD /path`: requests that the document does not describe.

use clap::{Arg, ArgMatches, Command, ValueEnum, value_parser};
use gotrue::{
    raw,
    reqwest::Method,
    serde_json::{self, Value},
    url::form_urlencoded,
};

use super::{flags, reply::Reply, request::invalid};
use crate::{context::Context, failure::Result};

/// The methods that a path can be called with.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const PATH: &str = "path";
const CREDENTIAL: &str = "as";

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Credential {
    /// The service key for /admin paths; otherwise the session, if there is one
    Auto,
    /// Only the API key
    None,
    /// The session of gotrue login
    User,
    /// The service key
    Admin,
}

/// Returns the command of a method.
pub fn command(method: &'static str) -> Command {
    let command = Command::new(method)
        .about(format!("Send a {method} request to any path"))
        .arg(
            Arg::new(PATH)
                .required(true)
                .value_name("PATH")
                .help("Path below the URL of the server, such as /settings; may have a query"),
        )
        .arg(
            Arg::new(CREDENTIAL)
                .long(CREDENTIAL)
                .value_name("CREDENTIAL")
                .value_parser(value_parser!(Credential))
                .default_value("auto")
                .help("Credential to send"),
        )
        .arg(flags::show_secrets());
    if method == "GET" || method == "DELETE" { command } else { command.arg(flags::body()) }
}

/// Describes the methods for the help.
pub fn list() -> String {
    format!("Any other path:\n\n    {} PATH  Send a request to a path, such as /settings", METHODS.join("|"))
}

/// Sends the request, and returns the response.
pub async fn send(context: &Context, method: &str, matches: &ArgMatches) -> Result<Reply> {
    let path = matches.get_one::<String>(PATH).map(String::as_str).unwrap_or_default();
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| invalid("method", "is not known"))?;
    if method == Method::DELETE {
        context.confirm(format!("Delete {path}?"))?;
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let credential = matches.get_one::<Credential>(CREDENTIAL).copied().unwrap_or(Credential::Auto);
    let mut request = request(context, credential, &method, path).await?;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        request = request.query(name, value);
    }
    if method != Method::GET
        && method != Method::DELETE
        && let Some(text) = flags::body_text(matches)?
    {
        let body: Value = serde_json::from_str(&text).map_err(|_| invalid("the body", "is not valid JSON"))?;
        request = request.json(&body);
    }
    let text = request.response().await?.text().await;
    let text = text.map_err(|error| invalid("the response", &error.without_url().to_string()))?;
    Ok(serde_json::from_str(&text).map_or(Reply::Text(text), Reply::Json))
}

async fn request(context: &Context, credential: Credential, method: &Method, path: &str) -> Result<raw::Request> {
    let method = method.clone();
    let is_admin = path == "/admin" || path.starts_with("/admin/");
    match credential {
        Credential::Admin => Ok(context.admin()?.request(method, path)?),
        Credential::Auto if is_admin => Ok(context.admin()?.request(method, path)?),
        Credential::User => Ok(context.session().await?.user().request(method, path).await?),
        Credential::Auto => {
            let manager = context.session().await?;
            match manager.session() {
                Some(_) => Ok(manager.user().request(method, path).await?),
                None => Ok(context.client()?.request(method, path)),
            }
        }
        Credential::None => Ok(context.client()?.request(method, path)),
    }
}
