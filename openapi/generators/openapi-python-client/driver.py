import os

from generated import AuthenticatedClient, Client
from generated.api.admin import admin_list_users
from generated.api.sign_in import token
from generated.api.sign_up import sign_up
from generated.api.user import get_user
from generated.models import Error, GrantType, PasswordGrant, RefreshTokenGrant, Session, SignUpRequest, User, UserList

EMAIL = "openapi-python-client@example.com"
PASSWORD = "a good password"
URL = os.environ["GOTRUE_URL"]
public = Client(base_url=URL)


def sign_in(password: str) -> Session | Error | None:
    grant = PasswordGrant(email=EMAIL, password=password)
    return token.sync(client=public, body=grant, grant_type=GrantType.PASSWORD)


signed_up = sign_up.sync(client=public, body=SignUpRequest(email=EMAIL, password=PASSWORD))
assert isinstance(signed_up, Session), signed_up

session = sign_in(PASSWORD)
assert isinstance(session, Session), session

grant = RefreshTokenGrant(refresh_token=session.refresh_token)
refreshed = token.sync(client=public, body=grant, grant_type=GrantType.REFRESH_TOKEN)
assert isinstance(refreshed, Session), refreshed

user = get_user.sync(client=AuthenticatedClient(base_url=URL, token=refreshed.access_token))
assert isinstance(user, User) and user.email == EMAIL, user

refused = sign_in("wrong")
assert isinstance(refused, Error) and refused.error_code == "invalid_credentials", refused

page = admin_list_users.sync(client=AuthenticatedClient(base_url=URL, token=os.environ["GOTRUE_SERVICE_KEY"]))
assert isinstance(page, UserList) and any(user.email == EMAIL for user in page.users), page
