//! Flows that go through a browser or an email and end with a code (PKCE, RFC 7636).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// A flow between its beginning and the exchange of its code.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) id: Option<Uuid>,
    pub(crate) begun_at: DateTime<Utc>,
    pub(crate) provider: Option<String>,
    /// How the user will have signed in (`amr`).
    pub(crate) method: &'static str,
    /// Who is signed in already, and wants one more identity.
    pub(crate) linking: Option<Uuid>,
    pub(crate) redirect_to: String,
    /// The SHA-256 of the verifier.
    pub(crate) challenge: Option<String>,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) code: Option<(String, DateTime<Utc>)>,
}

/// How long a provider has, and an application to exchange its code.
pub(crate) const FLOW_LIFETIME: Duration = Duration::minutes(5);
