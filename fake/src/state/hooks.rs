//! Calls of hooks and services by handlers.
//!
//! A handler cannot wait for an answer, since it holds the state. The first time that it needs one, it fails, and
//! everything that it did is undone. The server then makes the call, and runs the handler again with the answer.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    hooks::{Answer, Call, Event, HookRun, Outgoing, Reply},
    lookup::Lookup,
    model::{ErrorCode, FactorType, types::User},
    random::Random,
    state::{store::State, table::Transaction},
    wire::{ApiError, Request},
};

/// A request whose handler needs answers.
pub(crate) struct HookedRequest {
    answers: Vec<Reply>,
    /// The random numbers of this request, the same in each run. `None` if no handler needs answers.
    random: Option<Random>,
}

impl HookedRequest {
    /// Adds the answer to the call that the last run needs.
    pub(crate) fn add(&mut self, answer: Reply) {
        self.answers.push(answer);
    }
}

impl State {
    /// Begins a request.
    pub(crate) fn hooked_request(&mut self) -> HookedRequest {
        let random = self.settings.needs_answers().then(|| self.random.fork());
        HookedRequest { answers: Vec::new(), random }
    }

    /// Runs a handler, or returns the call whose answer it needs. If a hook refuses within a transaction, or a message
    /// cannot be sent, the handler has changed nothing but the counts of messages.
    pub(crate) fn run_hooked<T>(
        &mut self,
        hooked: &HookedRequest,
        request: &Request,
        run: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Box<Outgoing>> {
        let random = hooked.random.clone().map(|own| std::mem::replace(&mut self.random, own));
        let (audit_ids, messages_sent) = (self.audit_ids.clone(), self.messages_sent);
        let sent = (self.calls.emails.clone(), self.calls.text_messages.clone());
        self.tables().into_iter().for_each(Transaction::start);
        let forwarded = request.sb_forwarded_for().filter(|_| self.settings.reads_sb_forwarded_for);
        self.hook_run = HookRun {
            answers: hooked.answers.iter().cloned().collect(),
            sender: forwarded.unwrap_or_else(|| request.forwarded_for()).to_string(),
            external_url: external_url(&self.settings.external_hosts, request),
            redirect_to: if random.is_some() { self.settings.redirect_to(request) } else { String::new() },
            ..HookRun::default()
        };
        let result = run(self);
        if let Some(random) = random {
            self.random = random;
        }
        let finished = std::mem::take(&mut self.hook_run);
        if finished.pending.is_some() || finished.is_undone {
            self.tables().into_iter().for_each(Transaction::undo);
            (self.audit_ids, self.messages_sent) = (audit_ids, messages_sent);
        } else {
            self.tables().into_iter().for_each(Transaction::commit);
        }
        match finished.pending {
            None => Ok(result),
            Some(call) => {
                // The next run counts the messages again.
                (self.calls.emails, self.calls.text_messages) = sent;
                Err(Box::new(call))
            }
        }
    }

    /// Calls the hook of an event with the members of a payload, and returns its output. `None` if it is not enabled.
    pub(crate) fn call_hook(&mut self, event: Event, mut payload: Value) -> Result<Option<Value>, ApiError> {
        let Some(hook) = self.settings.hooks.get(&event).filter(|hook| hook.is_enabled).cloned() else {
            return Ok(None);
        };
        // A handler may go on without the answer to a notification; the next run has it.
        let Some(url) = hook.url.filter(|_| self.hook_run.pending.is_none()) else {
            return Err(ApiError::unforeseen());
        };
        let (now, event_id) = (self.now(), self.random.id());
        let ids = [self.random.id(), self.random.id(), self.random.id()];
        if let Some(answer) = self.hook_run.answers.pop_front() {
            let Reply::Hook(answer) = answer else { return Err(ApiError::unforeseen()) };
            return self.output_of(event, answer).map(Some);
        }
        payload["metadata"] = json!({
            "uuid": event_id,
            "time": now.to_rfc3339_opts(SecondsFormat::Nanos, true),
            "name": event.name(),
            "ip_address": self.hook_run.sender,
        });
        let call = Call { url, secrets: hook.secrets, payload, timestamp: now.timestamp(), ids };
        self.hook_run.pending = Some(Outgoing::Hook(call));
        Err(ApiError::unforeseen())
    }

    /// Asks a service. `None` if it does not answer.
    pub(crate) fn look_up(&mut self, lookup: Lookup) -> Result<Option<bool>, ApiError> {
        if self.hook_run.pending.is_none() {
            match self.hook_run.answers.pop_front() {
                Some(Reply::Lookup(found)) => return Ok(found),
                Some(Reply::Hook(_)) => {}
                None => self.hook_run.pending = Some(Outgoing::Lookup(lookup)),
            }
        }
        Err(ApiError::unforeseen())
    }

    /// Undoes what this request did, as a message cannot be sent, or the output of a hook is of no use.
    pub(crate) fn undone(&mut self, error: ApiError) -> ApiError {
        self.hook_run.is_undone = true;
        error
    }

    fn output_of(&mut self, event: Event, answer: Answer) -> Result<Value, ApiError> {
        let error = match answer {
            Answer::Accepted(output) => return Ok(output),
            Answer::Refused { status, message } => ApiError::of_hook(status, message),
            Answer::Failed { status, code, message } => ApiError::new(status, code, message),
            _ => ApiError::unforeseen(),
        };
        self.hook_run.is_undone |= event.is_undone();
        Err(error)
    }

    /// Asks whether a user may be created, and remembers that it is.
    pub(crate) fn before_user_created(&mut self, user: &User, provider: &str, data: &Value) -> Result<(), ApiError> {
        self.hook_run.created = Some(user.id);
        self.hook_run.is_anonymous = user.is_anonymous == Some(true);
        let mut new = json!(user);
        new["role"] = json!("");
        new["identities"] = json!([]);
        new["user_metadata"] = data.clone();
        new["app_metadata"] =
            if provider.is_empty() { json!({}) } else { json!({ "provider": provider, "providers": [provider] }) };
        for moment in ["created_at", "updated_at"] {
            new[moment] = json!("0001-01-01T00:00:00Z");
        }
        self.call_hook(Event::BeforeUserCreated, json!({ "user": new })).map(drop)
    }

    /// Tells that the user of this request was created, if it was.
    pub(crate) fn after_user_created(&mut self) -> Result<(), ApiError> {
        let Some(id) = self.hook_run.created.take() else { return Ok(()) };
        let user = self.account(id)?.user.clone();
        self.call_hook(Event::AfterUserCreated, json!({ "user": user })).map(drop)
    }

    /// Asks what becomes of a password that was checked.
    pub(crate) fn password_checked(&mut self, user_id: Uuid, is_right: bool) -> Result<(), ApiError> {
        let payload = json!({ "user_id": user_id, "valid": is_right });
        let output = self.call_hook(Event::PasswordVerificationAttempt, payload)?.unwrap_or_default();
        if output["decision"] != "reject" {
            return Ok(());
        }
        if output["should_logout_user"] == true {
            self.end_sessions(user_id);
        }
        let default = "Further password verification attempts will be rejected.";
        Err(ApiError::new(400, ErrorCode::InvalidCredentials, message_of(&output, default)))
    }

    /// Asks what becomes of the code of a factor that was checked.
    pub(crate) fn factor_checked(
        &mut self,
        user_id: Uuid,
        factor_id: Uuid,
        factor_type: &FactorType,
        is_right: bool,
    ) -> Result<(), ApiError> {
        let payload =
            json!({ "user_id": user_id, "factor_id": factor_id, "factor_type": factor_type, "valid": is_right });
        let output = self.call_hook(Event::MfaVerificationAttempt, payload)?.unwrap_or_default();
        if output["decision"] != "reject" {
            return Ok(());
        }
        self.end_sessions(user_id);
        let default = "Further MFA verification attempts will be rejected.";
        Err(ApiError::new(403, ErrorCode::MfaVerificationRejected, message_of(&output, default)))
    }
}

/// Returns the URL of links in emails, if the request names one of the external hosts.
fn external_url(hosts: &[String], request: &Request) -> Option<String> {
    let forwarded = request.header("x-forwarded-host").filter(|host| !host.is_empty());
    let host = forwarded.or_else(|| request.uri.host()).filter(|host| hosts.iter().any(|known| known == host))?;
    let is_plain = request.header("x-forwarded-proto") == Some("http") || request.uri.scheme_str() == Some("http");
    let scheme = if host == "localhost" && is_plain { "http" } else { "https" };
    Some(format!("{scheme}://{host}"))
}

fn message_of<'a>(output: &'a Value, default: &'a str) -> &'a str {
    output["message"].as_str().filter(|message| !message.is_empty()).unwrap_or(default)
}
