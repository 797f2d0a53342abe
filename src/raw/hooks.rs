//! The connection between the generated client and the transport.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{Request, Response};

use super::{Client, Error};
use crate::{operation::Operation, transport::Transport};

impl ClientHooks<Transport> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        let operation = Operation::by_id(info.operation_id);
        self.inner().prepare(request, operation).map_err(|why| Error::InvalidRequest(why.to_owned()))
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        self.inner().send(self.client(), request).await
    }
}
