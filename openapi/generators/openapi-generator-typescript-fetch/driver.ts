import assert from "node:assert/strict";
import {
  AdminApi,
  Configuration,
  GrantType,
  ModelErrorFromJSON,
  ResponseError,
  SignInApi,
  SignUpApi,
  UserApi,
} from "./generated";

async function main(basePath: string, serviceKey: string) {
  const configuration = (accessToken?: string) => new Configuration({ basePath, accessToken });
  const body = { email: "typescript-fetch@example.com", password: "a good password" };

  const signedUp = await new SignUpApi(configuration()).signUp({ signUpRequest: body });
  assert("accessToken" in signedUp);

  const signIn = new SignInApi(configuration());
  const session = await signIn.token({ grantType: GrantType.Password, tokenRequest: body });

  const refreshed = await signIn.token({
    grantType: GrantType.RefreshToken,
    tokenRequest: { refreshToken: session.refreshToken },
  });

  const user = await new UserApi(configuration(refreshed.accessToken)).getUser();
  assert.equal(user.email, body.email);

  const refused = await signIn
    .token({ grantType: GrantType.Password, tokenRequest: { ...body, password: "wrong" } })
    .catch((error) => error);
  assert(refused instanceof ResponseError);
  assert.equal(ModelErrorFromJSON(await refused.response.json()).errorCode, "invalid_credentials");

  const page = await new AdminApi(configuration(serviceKey)).adminListUsers();
  assert(page.users?.some((user) => user.email === body.email));
}

main(process.env.GOTRUE_URL!, process.env.GOTRUE_SERVICE_KEY!);
