//! A gRPC service with tonic that reads the verified user of the access token in the metadata `authorization`.
//!
//! `cargo run --bin tonic` verifies the tokens of the server at `GOTRUE_URL`, on port 50051. The service is that of
//! health checks, since it needs no compiler for Protocol Buffers.

use std::pin::Pin;

use gotrue::{
    Client,
    tower::{Rejection, Verified, VerifyLayer},
};
use tonic::{Request, Response, Status, codegen::tokio_stream::Stream, transport::Server};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_check_response::ServingStatus,
    health_server::{Health, HealthServer},
};

struct HealthForUsers;

/// Returns the user of a request.
fn user<T>(request: &Request<T>) -> Result<Verified, Status> {
    Verified::of(request.extensions()).map_err(|rejection| match rejection {
        Rejection::Unavailable => Status::unavailable("try again later"),
        _ => Status::unauthenticated("an access token is required"),
    })
}

#[tonic::async_trait]
impl Health for HealthForUsers {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        println!("{} asks", user(&request)?.sub);
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("only single checks"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Client::from_env()?.jwt_verifier().audience("authenticated").keys_from_env()?;
    let server = Server::builder().layer(VerifyLayer::new(verifier)).add_service(HealthServer::new(HealthForUsers));
    Ok(server.serve("127.0.0.1:50051".parse()?).await?)
}
