"""The generator makes models only, so httpx sends the requests."""

import os

import httpx
from generated import Error, PasswordGrant, RefreshTokenGrant, Session, SignUpRequest, SignUpResult, TokenRequest, User, UserList
from pydantic import BaseModel

EMAIL = "datamodel-code-generator@example.com"
PASSWORD = "a good password"
client = httpx.Client(base_url=os.environ["GOTRUE_URL"])


def post(path: str, body: BaseModel) -> httpx.Response:
    # Secrets are `SecretStr`, which prints asterisks.
    data = {name: plain(value) for name, value in body.model_dump(exclude_none=True).items()}
    return client.post(path, json=data)


def plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


signed_up = SignUpResult.model_validate(post("/signup", SignUpRequest(email=EMAIL, password=PASSWORD)).json())
assert isinstance(signed_up.root, Session), signed_up

grant = TokenRequest(PasswordGrant(email=EMAIL, password=PASSWORD))
session = Session.model_validate(post("/token?grant_type=password", grant.root).json())

grant = TokenRequest(RefreshTokenGrant(refresh_token=session.refresh_token))
refreshed = Session.model_validate(post("/token?grant_type=refresh_token", grant.root).json())

user = User.model_validate(client.get("/user", headers=bearer(plain(refreshed.access_token))).json())
assert user.email == EMAIL, user

refused = post("/token?grant_type=password", PasswordGrant(email=EMAIL, password="wrong"))
assert refused.status_code == 400
assert plain(Error.model_validate(refused.json()).error_code.root) == "invalid_credentials"

page = UserList.model_validate(client.get("/admin/users", headers=bearer(os.environ["GOTRUE_SERVICE_KEY"])).json())
assert any(user.email == EMAIL for user in page.users), page
