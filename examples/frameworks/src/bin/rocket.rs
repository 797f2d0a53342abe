//! A Rocket service whose routes take the verified user of the access token.
//!
//! `cargo run --bin rocket` verifies the tokens of the server at `GOTRUE_URL`, on port 8000.

use gotrue::{Client, JwtVerifier, Secret, jwt::VerifiedClaims};
use rocket::{
    Request, State, get,
    http::Status,
    request::{FromRequest, Outcome},
    routes,
};

/// The user of a request.
struct User(VerifiedClaims);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for User {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(verifier) = request.guard::<&State<JwtVerifier>>().await.succeeded() else {
            return Outcome::Error((Status::InternalServerError, ()));
        };
        let header = request.headers().get_one("Authorization");
        let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")).map(Secret::from) else {
            return Outcome::Error((Status::Unauthorized, ()));
        };
        match verifier.verify(&token).await {
            Ok(claims) => Outcome::Success(Self(claims)),
            Err(error) if error.token().is_some() || error.ends_session() => Outcome::Error((Status::Unauthorized, ())),
            // The token could not be verified, which says nothing about it.
            Err(_) => Outcome::Error((Status::ServiceUnavailable, ())),
        }
    }
}

#[get("/me")]
fn me(user: User) -> String {
    format!("you are {}", user.0.sub)
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Client::from_env()?.jwt_verifier().audience("authenticated").keys_from_env()?;
    rocket::build().manage(verifier).mount("/", routes![me]).launch().await?;
    Ok(())
}
