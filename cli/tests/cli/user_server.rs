//! A stub of the admin API for users, which fails in ways that the fake server cannot.

use std::sync::{Arc, Mutex};

use gotrue::serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

const CREATED_AT: &str = "2026-01-01T00:00:00Z";

/// The state of the stub.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub struct State {
    pub users: Vec<Value>,
    /// Requests that contain this text fail with an internal error.
    pub poison: Option<&'static str>,
    /// Whether every request fails with an internal error.
    pub is_broken: bool,
    /// Whether pages are in order, although all users were created at the same time.
    pub is_ordered: bool,
    /// Whether one more user is counted than there is.
    pub miscounts: bool,
    /// The position of a user whom the server cannot read.
    pub unreadable: Option<usize>,
    /// Whether it has cursors.
    pub has_cursors: bool,
    /// The number of requests for lists, creations and single users.
    pub lists: usize,
    pub creations: usize,
    pub lookups: usize,
}

/// The stub. All users share one time of creation, so their order is another for each request.
pub struct UserServer {
    pub server: MockServer,
    pub state: Arc<Mutex<State>>,
}

impl UserServer {
    pub async fn start(state: State) -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(state));
        Mock::given(matchers::path_regex("^/admin/users")).respond_with(Responder(state.clone())).mount(&server).await;
        Self { server, state }
    }

    pub fn with<T>(&self, read: impl FnOnce(&mut State) -> T) -> T {
        read(&mut self.state.lock().unwrap())
    }
}

/// Returns a user.
pub fn user(number: usize, email: &str) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "id": id, "aud": "authenticated", "email": email, "phone": "", "created_at": CREATED_AT })
}

/// Returns users that were all created at once.
pub fn users(count: usize) -> Vec<Value> {
    (0..count).map(|number| user(number, &format!("user-{number}@example.com"))).collect()
}

struct Responder(Arc<Mutex<State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if state.is_broken || state.poison.is_some_and(|poison| body.contains(poison)) {
            return error(500, "unexpected_failure", "Database error");
        }
        match (request.method.as_str(), request.url.path().strip_prefix("/admin/users/")) {
            ("POST", _) => state.create(&body),
            (_, Some(id)) => state.get(id),
            _ => state.list(request),
        }
    }
}

impl State {
    fn create(&mut self, body: &str) -> ResponseTemplate {
        self.creations += 1;
        let new: Value = gotrue::serde_json::from_str(body).unwrap();
        if self.users.iter().any(|user| user["id"] == new["id"]) {
            return error(500, "unexpected_failure", "Database error creating new user");
        }
        if self.users.iter().any(|user| user["email"] == new["email"]) {
            return error(422, "email_exists", "A user with this email address has already been registered");
        }
        let mut user = user(0, new["email"].as_str().unwrap_or_default());
        user["id"] = new["id"].clone();
        self.users.push(user.clone());
        ResponseTemplate::new(200).set_body_json(user)
    }

    fn get(&mut self, id: &str) -> ResponseTemplate {
        self.lookups += 1;
        match self.users.iter().find(|user| user["id"] == id) {
            Some(user) => ResponseTemplate::new(200).set_body_json(user),
            None => error(404, "user_not_found", "User not found"),
        }
    }

    fn list(&mut self, request: &Request) -> ResponseTemplate {
        self.lists += 1;
        let parameter = |wanted: &str| {
            let found = request.url.query_pairs().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned())
        };
        let number = |name: &str, default: usize| parameter(name).map_or(default, |text| text.parse().unwrap());
        let filter = parameter("filter").unwrap_or_default();
        let mut users: Vec<_> =
            self.users.iter().filter(|user| user["email"].as_str().unwrap().contains(&filter)).cloned().collect();
        if self.has_cursors && parameter("page").is_none() {
            let from = parameter("cursor").map_or(0, |cursor| cursor.parse().unwrap());
            let to = users.len().min(from + number("limit", 50));
            let next = (to < users.len()).then(|| to.to_string());
            let pagination = json!({ "next_cursor": next, "has_more": next.is_some() });
            return ResponseTemplate::new(200)
                .set_body_json(json!({ "users": users[from..to], "pagination": pagination }));
        }
        if !self.is_ordered && !users.is_empty() {
            let shift = self.lists * 37 % users.len();
            users.rotate_left(shift);
        }
        let (page, size) = (number("page", 1), number("per_page", 50));
        let from = users.len().min((page - 1) * size);
        if self.unreadable.is_some_and(|position| (from..from + size).contains(&position)) {
            return error(500, "unexpected_failure", "Database error finding users");
        }
        let total = users.len() + usize::from(self.miscounts);
        ResponseTemplate::new(200)
            .insert_header("x-total-count", total.to_string())
            .set_body_json(json!({ "users": users[from..users.len().min(from + size)] }))
    }
}

fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "code": status, "error_code": code, "msg": message }))
}
