//! What one would write without this crate: the default client of reqwest, the headers that the server needs, and
//! structures with the fields that an application reads. The calls of this crate are compared with it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ACCESS_TOKEN, API_KEY, EMAIL, PAGE, PASSWORD};

#[derive(Deserialize)]
pub struct User {
    pub id: Uuid,
    pub aud: String,
    pub role: String,
    pub email: String,
    pub phone: String,
    pub email_confirmed_at: Option<DateTime<Utc>>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    pub app_metadata: Map<String, Value>,
    pub user_metadata: Map<String, Value>,
    pub identities: Option<Vec<Identity>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub is_anonymous: bool,
}

#[derive(Deserialize)]
pub struct Identity {
    pub identity_id: Uuid,
    pub id: String,
    pub user_id: Uuid,
    pub identity_data: Map<String, Value>,
    pub provider: String,
    pub email: Option<String>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct Session {
    pub access_token: String,
    pub refresh_token: String,
    pub token_type: String,
    pub expires_in: i64,
    pub expires_at: i64,
    pub user: User,
}

#[derive(Deserialize)]
pub struct UserList {
    pub users: Vec<User>,
}

#[derive(Clone)]
pub struct Baseline {
    http: reqwest::Client,
    url: String,
}

impl Baseline {
    pub fn new(url: &str) -> Self {
        Self { http: reqwest::Client::new(), url: url.to_owned() }
    }

    pub async fn get_user(&self) -> User {
        let request = self.http.get(format!("{}/user", self.url)).bearer_auth(ACCESS_TOKEN);
        send(request).await
    }

    pub async fn sign_in(&self) -> Session {
        self.token("password", &json!({ "email": EMAIL, "password": PASSWORD })).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Session {
        self.token("refresh_token", &json!({ "refresh_token": refresh_token })).await
    }

    pub async fn list_users(&self) -> UserList {
        let url = format!("{}/admin/users?page=1&per_page={PAGE}", self.url);
        send(self.http.get(url).bearer_auth(ACCESS_TOKEN)).await
    }

    async fn token(&self, grant_type: &str, body: &impl Serialize) -> Session {
        send(self.http.post(format!("{}/token?grant_type={grant_type}", self.url)).json(body)).await
    }
}

async fn send<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> T {
    let response = request.header("apikey", API_KEY).send().await.unwrap();
    response.error_for_status().unwrap().json().await.unwrap()
}
