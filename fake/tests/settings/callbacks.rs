//! Where providers redirect back to, and which of them can be used.

use gotrue::reqwest::{self, Method};
use gotrue_fake::FakeServerBuilder;
use serde_json::json;

use crate::{World, refusal};

const GITHUB: &str = "/authorize?provider=github";

/// What a provider needs at a real server.
const CREDENTIALS: [(&str, &str); 4] = [
    ("GOTRUE_EXTERNAL_GITHUB_ENABLED", "true"),
    ("GOTRUE_EXTERNAL_GITHUB_CLIENT_ID", "id"),
    ("GOTRUE_EXTERNAL_GITHUB_SECRET", "secret"),
    ("GOTRUE_EXTERNAL_GITHUB_REDIRECT_URI", "https://auth.example.com/back?via=proxy"),
];

impl World {
    /// Returns where a request redirects to.
    async fn redirect(&self, path: &str) -> String {
        let (status, body) = self.send(Method::GET, path, "", json!({})).await;
        body["location"].as_str().unwrap_or_else(|| panic!("{status} {body}")).to_owned()
    }
}

#[tokio::test]
async fn a_provider_redirects_back_to_the_uri_of_the_settings() {
    let custom = ("GOTRUE_CUSTOM_OAUTH_EXTERNAL_URL", "https://custom.example.com/auth/");
    for (settings, provider, expected) in [
        (&CREDENTIALS[3..], "github", "https://auth.example.com/back?code=of-the-provider&state="),
        (&CREDENTIALS[3..], "gitlab", "http://127.0.0.1"),
        (&[custom], "custom:one", "https://custom.example.com/auth/callback?code=of-the-provider&state="),
        (&[custom], "github", "http://127.0.0.1"),
    ] {
        let world = World::with(settings).await;
        let body = json!({
            "provider_type": "oauth2", "identifier": "custom:one", "name": "One", "client_id": "id",
            "client_secret": "secret", "authorization_url": "https://one.example.com/authorize",
            "token_url": "https://one.example.com/token", "userinfo_url": "https://one.example.com/user",
        });
        let key = world.server.service_key();
        assert_eq!(world.send(Method::POST, "/admin/custom-providers", key.expose(), body).await.0, 201);
        let location = world.redirect(&format!("/authorize?provider={provider}")).await;
        let location = location.replace("via=proxy&", "").replace("&via=proxy", "");
        assert!(location.starts_with(expected), "{provider}: {location}");
    }
}

#[tokio::test]
async fn a_provider_of_an_environment_needs_credentials() {
    let world = World::of(FakeServerBuilder::real(), &CREDENTIALS).await;
    assert!(world.redirect(GITHUB).await.starts_with("https://auth.example.com/back?"));
    for (missing, why) in
        [(1, "missing OAuth client ID"), (2, "missing OAuth secret"), (3, "missing redirect URI"), (0, "not enabled")]
    {
        let mut settings = CREDENTIALS.to_vec();
        settings.remove(missing);
        let refused =
            World::of(FakeServerBuilder::real(), &settings).await.send(Method::GET, GITHUB, "", json!({})).await;
        assert_eq!(refusal(&refused), (400, "validation_failed"));
        assert!(refused.1["msg"].as_str().unwrap().ends_with(why), "{}", refused.1);
    }
}

#[tokio::test]
async fn the_callback_leads_to_the_url_of_the_settings() {
    let settings = [("GOTRUE_EXTERNAL_REDIRECTURL", "https://app.example.com/signed-in?from=auth")];
    let world = World::with(&settings).await;
    let wanted = format!("{GITHUB}&redirect_to=http://localhost:3000/page");
    let callback = world.redirect(&wanted).await;
    let path = callback.strip_prefix(&world.server.url()).unwrap();
    let target = world.redirect(path).await;
    assert!(target.starts_with("https://app.example.com/signed-in?from=auth#access_token="), "{target}");

    // Parameters are sorted, with those that the URL has already.
    let denied = world.redirect(&wanted).await.replace("code=of-the-provider", "error=access_denied");
    let target = world.redirect(denied.strip_prefix(&world.server.url()).unwrap()).await;
    let expected = "https://app.example.com/signed-in?error=access_denied&error_description=&from=auth#";
    assert_eq!(target, format!("{expected}error=access_denied&sb="));
    // Without a flow, the error is shown on the site.
    let target = world.redirect("/callback").await;
    assert!(target.starts_with("http://localhost:3000?error=invalid_request&"), "{target}");
}

/// Go reads a form only if its media type says that it is one, and skips malformed pairs.
#[tokio::test]
async fn a_callback_reads_the_form_as_go_does() {
    let world = World::with(&[]).await;
    let form = "application/x-www-form-urlencoded";
    let missing = "error_description=OAuth+state+parameter+missing";
    let no_code = "error_description=OAuth+callback+with+missing+authorization+code";
    for (media_type, form, expected) in [
        (form, "state=STATE&error=access_denied", "http://localhost:3000?error=access_denied&"),
        (form, "a;b&state=STATE&error=access_denied", "http://localhost:3000?error=access_denied&"),
        (form, "state=STATE&error=%zz", no_code),
        (form, "state=STATE&error=", no_code),
        (form, "state=%zz&error=access_denied", missing),
        ("text/plain", "state=STATE&error=access_denied", missing),
    ] {
        let location = world.redirect(GITHUB).await;
        let state = location.split_once("state=").unwrap().1;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let callback = |method| {
            let request = http.request(method, world.server.url() + "/callback").header("content-type", media_type);
            request.body(form.replace("STATE", state)).send()
        };
        // Only the form of a POST is read.
        let response = callback(Method::PUT).await.unwrap();
        assert!(response.headers()["location"].to_str().unwrap().contains(missing), "{form}");
        let response = callback(Method::POST).await.unwrap();
        let target = response.headers()["location"].to_str().unwrap();
        assert!(target.contains(expected), "{form}: {target}");
    }
}
