//! The generated client sends its requests through the transport.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{Request, Response};

use super::{Client, Error};
use crate::transport::Transport;

impl ClientHooks<Transport> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        self.inner().prepare(request, info.operation_id).map_err(|why| Error::InvalidRequest(why.to_owned()))
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        self.inner().send(self.client(), request, info.operation_id).await
    }

    async fn post<E>(&self, result: &reqwest::Result<Response>, _: &OperationInfo) -> Result<(), Error<E>> {
        if let Ok(response) = result {
            self.inner().received(response);
        }
        Ok(())
    }
}
