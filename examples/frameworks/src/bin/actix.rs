//! An actix-web service whose handlers take the verified user of the access token.
//!
//! `cargo run --bin actix` verifies the tokens of the server at `GOTRUE_URL`, on port 3000.

use std::{future::Future, pin::Pin};

use actix_web::{
    App, Error, FromRequest, HttpRequest, HttpServer,
    dev::Payload,
    error::{ErrorInternalServerError, ErrorServiceUnavailable, ErrorUnauthorized},
    get,
    http::header::AUTHORIZATION,
    web::Data,
};
use gotrue::{Client, JwtVerifier, Secret, jwt::VerifiedClaims};

/// The user of a request.
struct User(VerifiedClaims);

impl FromRequest for User {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let verifier = request.app_data::<Data<JwtVerifier>>().cloned();
        let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer ")).map(Secret::from);
        Box::pin(async move {
            let verifier = verifier.ok_or_else(|| ErrorInternalServerError("there is no verifier"))?;
            let token = token.ok_or_else(|| ErrorUnauthorized("an access token is required"))?;
            match verifier.verify(&token).await {
                Ok(claims) => Ok(Self(claims)),
                Err(error) if error.token().is_some() || error.ends_session() => {
                    Err(ErrorUnauthorized("the access token is invalid"))
                }
                // The token could not be verified, which says nothing about it.
                Err(_) => Err(ErrorServiceUnavailable("try again later")),
            }
        })
    }
}

#[get("/me")]
async fn me(User(claims): User) -> String {
    format!("you are {}", claims.sub)
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Client::from_env()?.jwt_verifier().audience("authenticated").keys_from_env()?;
    let verifier = Data::new(verifier);
    let server = HttpServer::new(move || App::new().app_data(verifier.clone()).service(me));
    Ok(server.bind(("127.0.0.1", 3000))?.run().await?)
}
