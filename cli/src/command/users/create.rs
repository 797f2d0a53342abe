//! `gotrue users create`.

use gotrue::{CreateUser, Secret, serde_json::Value, uuid::Uuid};

use crate::{
    command::show_user::show_user,
    context::Context,
    failure::{Failure, Result},
    prompt,
    value_parser::json_object,
};

/// Makes a user.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The e-mail address
    email: Option<String>,
    /// The phone number
    #[arg(long)]
    phone: Option<String>,
    /// Asks for the password; without one, nobody knows it
    #[arg(long)]
    password: bool,
    /// The hash of the password: bcrypt, Argon2 or the scrypt of Firebase; - asks for it
    #[arg(long, value_name = "HASH", conflicts_with = "password")]
    password_hash: Option<Secret>,
    /// Address and number count as confirmed
    #[arg(long)]
    confirm: bool,
    /// The user's own data
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    user_metadata: Option<Value>,
    /// The administrator's data
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    app_metadata: Option<Value>,
    /// The role for the database
    #[arg(long)]
    role: Option<String>,
    /// The id, if it is to be a certain one
    #[arg(long)]
    id: Option<Uuid>,
}

impl Create {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let user = users.create(self.into_request()?).await?;
        show_user(context, &user)
    }

    fn into_request(self) -> Result<CreateUser> {
        let (has_email, has_phone) = (self.email.is_some(), self.phone.is_some());
        let mut user = match (self.email, self.phone) {
            (Some(email), Some(phone)) => CreateUser::email_and_phone(email, phone),
            (Some(email), None) => CreateUser::email(email),
            (None, Some(phone)) => CreateUser::phone(phone),
            (None, None) => return Err(Failure::usage("a user needs an e-mail address or --phone")),
        };
        if self.password {
            user = user.password(prompt::secret("Password of the new user")?);
        }
        if let Some(hash) = self.password_hash {
            user = user.password_hash(if hash.expose() == "-" { prompt::secret("Hash")? } else { hash });
        }
        if self.confirm && has_email {
            user = user.confirm_email();
        }
        if self.confirm && has_phone {
            user = user.confirm_phone();
        }
        if let Some(metadata) = self.user_metadata {
            user = user.user_metadata(metadata);
        }
        if let Some(metadata) = self.app_metadata {
            user = user.app_metadata(metadata);
        }
        if let Some(role) = self.role {
            user = user.role(role);
        }
        if let Some(id) = self.id {
            user = user.id(id);
        }
        Ok(user)
    }
}
