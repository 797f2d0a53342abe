//! Getting a session: sign-up, grants, codes and links, providers, single sign-on, and callbacks.

pub(crate) mod callback;
pub(crate) mod captcha;
pub(crate) mod contact;
pub(crate) mod flow;
pub(crate) mod grant;
pub(crate) mod message;
pub(crate) mod pkce;
pub(crate) mod provider;
pub(crate) mod sign_up;
pub(crate) mod sso;
pub(crate) mod webauthn;

pub use callback::{Callback, CallbackSession};
pub use flow::{FlowKind, PkceFlow, PkceFlows};
pub use grant::{
    Anonymous, AuthorizationCode, CallbackOutcome, EthereumMessage, Grant, IdToken, PasskeyAssertion, Password,
    RefreshToken, SolanaMessage, SolanaNetwork, VerifyOtp, VerifyOtpOutcome, Web3,
};
pub use message::{Recover, Resend, SignInMessage};
pub use pkce::PkceVerifier;
pub use provider::AuthorizeUrl;
pub use sign_up::{SignUp, SignUpOutcome};
pub use sso::{Sso, SsoUrl};
