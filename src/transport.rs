/// x
#[derive(Clone, Debug)]
pub struct Call;
impl progenitor_client::ClientHooks<Call> for crate::raw::Client {}
