//! The requests that a server sent, as recorded.

use std::{fs, path::Path};

use chrono::{DateTime, Utc};
use gotrue::hooks::{HookSecrets, HookVerifier};
use gotrue_fake::ManualClock;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
pub struct Recording {
    pub hook: String,
    secrets: Vec<String>,
    pub request: RecordedRequest,
    /// The response that a service gave.
    pub reply_given: Given,
}

#[derive(Clone, Deserialize)]
pub struct Given {
    pub body: serde_json::Value,
}

#[derive(Clone, Deserialize)]
pub struct RecordedRequest {
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Recording {
    /// Returns all recordings with the names of their files.
    pub fn all() -> Vec<(String, Self)> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-hooks");
        let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let recording = |path: &Path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), recording(&path))).collect()
    }

    /// Returns the first recording of a hook, by its setting.
    pub fn of(hook: &str) -> Self {
        let mut recordings: Vec<_> = Self::all().into_iter().filter(|(_, recording)| recording.hook == hook).collect();
        recordings.sort_by(|(one, _), (other, _)| one.cmp(other));
        recordings.swap_remove(0).1
    }

    pub fn headers(&self) -> HeaderMap {
        let headers = self.request.headers.iter();
        headers
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    pub fn body(&self) -> &[u8] {
        self.request.body.as_bytes()
    }

    pub fn secrets(&self) -> HookSecrets {
        self.secrets.join("|").parse().unwrap()
    }

    pub fn secret(&self, index: usize) -> HookSecrets {
        self.secrets[index].parse().unwrap()
    }

    pub fn time(&self) -> DateTime<Utc> {
        let seconds = self.headers()["webhook-timestamp"].to_str().unwrap().parse().unwrap();
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Returns a verifier with all secrets, at the time of the recording.
    pub fn verifier(&self) -> HookVerifier {
        self.verifier_with(self.secrets())
    }

    pub fn verifier_with(&self, secrets: HookSecrets) -> HookVerifier {
        HookVerifier::new(secrets).clock(ManualClock::at(self.time()))
    }

    pub fn http_request(&self) -> Request<String> {
        let mut request = Request::post("/hooks").body(self.request.body.clone()).unwrap();
        *request.headers_mut() = self.headers();
        request
    }
}
