import assert from "node:assert/strict";
import { adminListUsers, getUser, signUp, token } from "./generated/api";

const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } });

async function main(serviceKey: string) {
  const body = { email: "orval@example.com", password: "a good password" };

  const signedUp = await signUp(body);
  assert(signedUp.status === 200 && "access_token" in signedUp.data);

  const session = await token(body, { grant_type: "password" });
  assert(session.status === 200);

  const refreshed = await token({ refresh_token: session.data.refresh_token }, { grant_type: "refresh_token" });
  assert(refreshed.status === 200);

  const user = await getUser(bearer(refreshed.data.access_token));
  assert(user.status === 200);
  assert.equal(user.data.email, body.email);

  const refused = await token({ ...body, password: "wrong" }, { grant_type: "password" });
  assert(refused.status === 400);
  const code: string | undefined = refused.data.error_code;
  assert.equal(code, "invalid_credentials");

  const page = await adminListUsers(undefined, bearer(serviceKey));
  assert(page.status === 200);
  assert(page.data.users?.some((user) => user.email === body.email));
}

main(process.env.GOTRUE_SERVICE_KEY!);
