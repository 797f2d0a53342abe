//! The mailbox of real servers: a file or a Mailpit.

use std::{fs, path::PathBuf, time::Duration};

use gotrue::{Secret, VerifyOtp, reqwest, types::OtpType, url::Url};
use quoted_printable::ParseMode;
use serde_json::Value;

/// The content of a message.
#[derive(Debug)]
pub struct Message {
    /// The link to the server. A reauthentication has none.
    pub link: Option<Url>,
    /// The code. Real servers send it only in messages without a link.
    pub code: Option<Secret>,
}

impl Message {
    /// Verifies with the token hash and type in the link.
    #[track_caller]
    pub fn verify(&self) -> VerifyOtp {
        let parameter = |name: &str| self.link().query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let otp_type: OtpType = parameter("type").parse().unwrap();
        VerifyOtp::token_hash(parameter("token"), otp_type)
    }

    #[track_caller]
    pub fn link(&self) -> &Url {
        self.link.as_ref().expect("a link")
    }
}

#[derive(Clone, Debug)]
pub enum Mailbox {
    /// A file with lines of JSON: `to` is a list of addresses, `data` the raw mail.
    File(PathBuf),
    /// The URL of the HTTP API of a Mailpit.
    Mailpit(Url),
}

impl Mailbox {
    /// Parses the URL of a Mailpit or the path of a file.
    pub fn new(place: String) -> Self {
        match Url::parse(&place) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::Mailpit(url),
            _ => Self::File(place.into()),
        }
    }

    /// Waits for a mail for at most ten seconds.
    pub async fn message(&self, to: &str, number: usize) -> Message {
        for _ in 0..200 {
            let mail = match self {
                Self::File(path) => in_file(path, to, number),
                Self::Mailpit(url) => in_mailpit(url, to, number).await,
            };
            if let Some(mail) = mail {
                return read(&mail);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mail {number} to {to} did not come");
    }
}

/// Mails are sorted from oldest to newest. An incomplete last line is ignored.
fn in_file(path: &PathBuf, to: &str, number: usize) -> Option<String> {
    let all = fs::read_to_string(path).unwrap();
    let mails = all.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut to_them = mails.filter(|mail| mail["to"].as_array().is_some_and(|those| those.iter().any(|it| it == to)));
    to_them.nth(number - 1).map(|mail| mail["data"].as_str().unwrap().to_owned())
}

/// Mails are sorted from newest to oldest, and include those to addresses that contain the requested one.
async fn in_mailpit(url: &Url, to: &str, number: usize) -> Option<String> {
    let mut search = url.join("/api/v1/search").unwrap();
    search.query_pairs_mut().append_pair("query", &format!("to:\"{to}\""));
    let found = get(search).await.json::<Value>().await.unwrap();
    let mails = found["messages"].as_array().unwrap().iter().rev();
    let mut to_them = mails.filter(|mail| mail["To"].as_array().unwrap().iter().any(|it| it["Address"] == to));
    let id = to_them.nth(number - 1)?["ID"].as_str().unwrap();
    let mail = get(url.join(&format!("/api/v1/message/{id}/raw")).unwrap()).await;
    Some(mail.text().await.unwrap())
}

async fn get(url: Url) -> reqwest::Response {
    reqwest::get(url).await.unwrap().error_for_status().unwrap()
}

fn read(mail: &str) -> Message {
    let (_, body) = mail.split_once("\r\n\r\n").unwrap();
    let body = quoted_printable::decode(body, ParseMode::Robust).unwrap();
    let body = String::from_utf8(body).unwrap();
    let link = body.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"'));
    let link = link.map(|(link, _)| Url::parse(&link.replace("&amp;", "&")).unwrap());
    let is_code = |text: &&str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = body.split(['<', '>']).find(is_code).map(Secret::from);
    Message { link, code }
}
