/// x
#[derive(Clone, serde::Serialize, serde::Deserialize, Debug)]
pub struct Secret(String);
