import assert from "node:assert/strict";
import { Api, type Error, GrantType, type HttpResponse } from "./generated/api";

async function main(baseUrl: string, serviceKey: string) {
  const api = new Api<string>({
    baseUrl,
    securityWorker: (token) => (token ? { headers: { Authorization: `Bearer ${token}` } } : undefined),
  });
  const body = { email: "swagger-typescript-api@example.com", password: "a good password" };

  const signedUp = await api.signup.signUp(body);
  assert("access_token" in signedUp.data);

  const query = { grant_type: GrantType.Password };
  const { data: session } = await api.token.token(query, body);

  const { data: refreshed } = await api.token.token(
    { grant_type: GrantType.RefreshToken },
    { refresh_token: session.refresh_token },
  );

  api.setSecurityData(refreshed.access_token);
  const { data: user } = await api.user.getUser();
  assert.equal(user.email, body.email);

  const refused: HttpResponse<unknown, Error> = await api.token
    .token(query, { ...body, password: "wrong" })
    .catch((response) => response);
  assert.equal(refused.error.error_code, "invalid_credentials");

  api.setSecurityData(serviceKey);
  const { data: page } = await api.admin.adminListUsers();
  assert(page.users?.some((user) => user.email === body.email));
}

main(process.env.GOTRUE_URL!, process.env.GOTRUE_SERVICE_KEY!);
