//! What `@supabase/ssr` itself reads and writes, recorded with the versions in `ssr-vectors.json`.

use std::collections::BTreeMap;

use gotrue::{
    Client,
    cookie::{Cookie, SameSite},
    web::{CookieSession, RequestCookies, SessionCookies, SsrCookies, SsrEncoding},
};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Recording {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    url: String,
    #[serde(default)]
    options: Value,
    /// The names and values of the request.
    cookies: Vec<(String, String)>,
    /// The JSON of the session that is written.
    session: Option<String>,
    /// Names, values and attributes.
    writes: Vec<(String, String, String)>,
    /// The refresh token of the session that is read; empty if there is no session.
    read: Option<String>,
}

impl Vector {
    fn all() -> Vec<Self> {
        let recording: Recording = serde_json::from_str(include_str!("ssr-vectors.json")).unwrap();
        assert_eq!(recording.vectors.len(), 31);
        recording.vectors
    }

    fn form(&self) -> SsrCookies {
        let options = &self.options["cookieOptions"];
        let mut form = SsrCookies::new(&Client::new(&self.url, "").unwrap())
            .secure(options["secure"] == true)
            .tokens_only(self.options["cookies.encode"] == "tokens-only");
        if self.options["cookieEncoding"] == "raw" {
            form = form.encoding(SsrEncoding::Raw);
        }
        if let Some(name) = options["name"].as_str() {
            form = form.name(name);
        }
        if let Some(domain) = options["domain"].as_str() {
            form = form.domain(domain);
        }
        if options["sameSite"] == "strict" {
            form = form.same_site(SameSite::Strict);
        }
        form
    }

    fn is_about_verifiers(&self) -> bool {
        self.name.contains("PKCE verifier at")
    }

    /// The writes to the cookies of the session.
    fn session_writes(&self) -> impl Iterator<Item = &(String, String, String)> {
        self.writes.iter().filter(|(name, ..)| !name.ends_with("-code-verifier"))
    }

    /// The cookies after the writes.
    fn jar_after(&self) -> Vec<(String, String)> {
        let mut jar: BTreeMap<_, _> = self.cookies.iter().cloned().collect();
        for (name, value, attributes) in &self.writes {
            if attributes.starts_with("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.clone(), value.clone());
            }
        }
        jar.into_iter().collect()
    }
}

fn request(cookies: &[(String, String)]) -> RequestCookies {
    let escape = |value: &str| gotrue::url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
    let mut headers = HeaderMap::new();
    for (name, value) in cookies {
        let line = format!("{name}={}", escape(value).replace('+', "%20"));
        headers.append(header::COOKIE, line.parse().unwrap());
    }
    RequestCookies::of(&headers)
}

/// Returns a cookie as a browser and a JavaScript framework read it.
fn as_received(cookie: &Cookie<'static>) -> Cookie<'static> {
    let mut received = Cookie::parse(cookie.to_string()).unwrap();
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, format!("{}={}", received.name(), received.value()).parse().unwrap());
    let value = RequestCookies::of(&headers).get(cookie.name()).unwrap().to_owned();
    received.set_value(value);
    received
}

async fn read(form: &SsrCookies, cookies: &[(String, String)]) -> Option<CookieSession> {
    form.read(&request(cookies)).await.unwrap()
}

#[tokio::test]
async fn reading() {
    let mut sessions = 0;
    for vector in Vector::all() {
        if let Some(expected) = &vector.read {
            // After a refresh, the recording has the new session.
            let cookies = if vector.name.contains("refresh") { vector.jar_after() } else { vector.cookies.clone() };
            let found = read(&vector.form(), &cookies).await;
            let token = found.map_or_else(String::new, |session| session.refresh_token().expose().to_owned());
            assert_eq!(&token, expected, "{}", vector.name);
            sessions += 1;
        }
    }
    assert_eq!(sessions, 9);
}

#[tokio::test]
async fn what_javascript_has_written_is_read() {
    for vector in Vector::all().iter().filter(|vector| !vector.is_about_verifiers()) {
        let Some(session) = &vector.session else { continue };
        let found = read(&vector.form(), &vector.jar_after()).await.expect(&vector.name).to_json();
        let without_user = CookieSession::from_json(session).unwrap().without_user().to_json();
        let expected = if vector.name == "06 tokens-only" { without_user.expose() } else { session };
        assert_eq!(found.expose(), expected, "{}", vector.name);
    }
}

#[tokio::test]
async fn the_same_cookies_are_written() {
    for vector in Vector::all().iter().filter(|vector| !vector.is_about_verifiers()) {
        let is_written = vector.session.is_some() || !vector.writes.is_empty();
        if !is_written {
            continue;
        }
        let form = vector.form();
        let session = vector.session.as_deref().map(|session| CookieSession::from_json(session).unwrap());
        let written = form.write(&request(&vector.cookies), None, session.as_ref()).await.unwrap();
        let found: Vec<_> = written.iter().map(as_received).collect();
        let recorded = vector.session_writes().map(|(name, value, attributes)| {
            let mut cookie = Cookie::parse(format!("x=; {attributes}")).unwrap();
            cookie.set_name(name.clone());
            cookie.set_value(value.clone());
            cookie
        });
        assert_eq!(found, recorded.collect::<Vec<_>>(), "{}", vector.name);
    }
}

#[tokio::test]
async fn cookies_that_javascript_ignores_are_removed() {
    for number in ["20", "21", "28"] {
        let vector = Vector::all().into_iter().find(|vector| vector.name.starts_with(number)).unwrap();
        let removed = vector.form().write(&request(&vector.cookies), None, None).await.unwrap();
        let names: Vec<_> = removed.iter().map(Cookie::name).collect();
        assert_eq!(names, vector.cookies.iter().map(|(name, _)| name).collect::<Vec<_>>(), "{}", vector.name);
        assert!(removed.iter().all(|cookie| cookie.value().is_empty() && cookie.max_age().unwrap().is_zero()));
    }
}
