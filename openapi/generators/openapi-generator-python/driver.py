import os

from openapi_client import (
    AdminApi,
    ApiClient,
    ApiException,
    Configuration,
    Error,
    GrantType,
    PasswordGrant,
    RefreshTokenGrant,
    Session,
    SignInApi,
    SignUpApi,
    SignUpRequest,
    TokenRequest,
    UserApi,
)

EMAIL = "openapi-generator-python@example.com"
PASSWORD = "a good password"


def client(bearer: str | None = None) -> ApiClient:
    return ApiClient(Configuration(host=os.environ["GOTRUE_URL"], access_token=bearer))


def sign_in(password: str) -> Session:
    grant = TokenRequest(PasswordGrant(email=EMAIL, password=password))
    return SignInApi(client()).token(GrantType.PASSWORD, grant)


signed_up = SignUpApi(client()).sign_up(SignUpRequest(email=EMAIL, password=PASSWORD))
assert isinstance(signed_up.actual_instance, Session), signed_up

session = sign_in(PASSWORD)

grant = TokenRequest(RefreshTokenGrant(refresh_token=session.refresh_token))
refreshed = SignInApi(client()).token(GrantType.REFRESH_TOKEN, grant)

user = UserApi(client(refreshed.access_token.get_secret_value())).get_user()
assert user.email == EMAIL, user

try:
    sign_in("wrong")
    raise AssertionError("a wrong password was accepted")
except ApiException as refused:
    assert isinstance(refused.data, Error) and refused.data.error_code == "invalid_credentials", refused

page = AdminApi(client(os.environ["GOTRUE_SERVICE_KEY"])).admin_list_users()
assert any(user.email == EMAIL for user in page.users), page
