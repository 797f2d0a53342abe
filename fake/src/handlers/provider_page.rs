//! The page of a provider, on which one of its users signs in.

use uuid::Uuid;

use crate::{
    redirect_url::with_query,
    state::{State, identity_providers::provider_users},
    wire::{Request, Response, escape},
};

/// The path of the page. The real server has no such path.
pub(crate) const PATH: &str = "/fake/provider";

/// The code for the first user of a provider.
const FIRST_USER: &str = "of-the-provider";

const STYLE: &str = "body{font:16px system-ui,sans-serif;margin:4rem auto;max-width:26rem;padding:0 1rem}\
                     a,button,input{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;padding:.6rem;\
                     font:inherit;border:1px solid #8888;border-radius:.4rem;text-align:left;text-decoration:none;\
                     color:inherit;background:none}";

/// Returns the URL of a provider for a flow: its page, or the callback if it approves at once. A hint chooses a user
/// without the page.
pub(crate) fn url(state: &State, provider: &str, flow_id: Uuid, login_hint: Option<&str>) -> String {
    let user = login_hint.filter(|hint| hint.contains('@'));
    if state.settings.choose_provider_user && user.is_none() {
        return format!("{}{PATH}?state={flow_id}", state.base_url);
    }
    callback(state, provider, &flow_id.to_string(), user.unwrap_or(FIRST_USER))
}

/// Returns the email address of the user who signed in, from the code that the provider sent. `None` is the first user.
pub(crate) fn user_of(code: Option<String>) -> Option<String> {
    code.filter(|code| code.contains('@')).map(|email| email.to_lowercase())
}

pub(crate) fn is_at(request: &Request) -> bool {
    request.path() == PATH && request.method == http::Method::GET
}

/// `GET /fake/provider`.
pub(crate) fn page(state: &State, request: &Request) -> Response {
    let flow_id = request.query("state").unwrap_or_default();
    let flow = state.open_flow(&flow_id).ok().map(|place| &state.flows[place]);
    let Some(provider) = flow.and_then(|flow| flow.provider.as_deref()) else {
        return html(404, "Unknown sign-in", "<p>This sign-in is unknown or has expired.</p>\n");
    };
    if let Some(email) = request.query("email") {
        return Response::new(302).header("location", &callback(state, provider, &flow_id, email.trim()));
    }
    let link = |url: &str, text: &str| format!("<a href=\"{}\">{}</a>\n", escape(url), escape(text));
    let users: String =
        provider_users(provider).iter().map(|email| link(&callback(state, provider, &flow_id, email), email)).collect();
    let denied =
        [("error", "access_denied"), ("error_description", "The user denied access"), ("state", flow_id.as_str())];
    let denied = with_parameters(state, provider, &denied);
    let flow_id = escape(&flow_id);
    let form = format!(
        "<form><input type=\"hidden\" name=\"state\" value=\"{flow_id}\"><input name=\"email\" type=\"email\" required \
         placeholder=\"Another email address\"><button>Sign in with it</button></form>\n"
    );
    let title = format!("Sign in with {provider}");
    html(200, &title, &format!("{users}{form}<hr>\n{}", link(&denied, "Deny access")))
}

fn callback(state: &State, provider: &str, flow_id: &str, user: &str) -> String {
    with_parameters(state, provider, &[("code", user), ("state", flow_id)])
}

/// Returns the URL to which a provider redirects back.
fn with_parameters(state: &State, provider: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    with_query(&state.redirect_uri(provider), &pairs)
}

fn html(status: u16, title: &str, content: &str) -> Response {
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n{content}"
    );
    Response::new(status)
        .body("text/html; charset=utf-8", page)
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
}
