import assert from "node:assert/strict";
import { adminListUsers, getUser, signUp, token } from "./generated";
import { createClient } from "./generated/client";

async function main(baseUrl: string, serviceKey: string) {
  const client = createClient({ baseUrl });
  const as = (token: string) => createClient({ baseUrl, auth: ({ scheme }) => (scheme === "bearer" ? token : undefined) });
  const body = { email: "hey-api@example.com", password: "a good password" };

  const signedUp = await signUp({ client, body });
  assert(signedUp.data && "access_token" in signedUp.data);

  const query = { grant_type: "password" } as const;
  const { data: session } = await token({ client, query, body });
  assert(session);

  const { data: refreshed } = await token({
    client,
    query: { grant_type: "refresh_token" },
    body: { refresh_token: session.refresh_token },
  });
  assert(refreshed);

  const { data: user } = await getUser({ client: as(refreshed.access_token) });
  assert.equal(user?.email, body.email);

  const refused = await token({ client, query, body: { ...body, password: "wrong" } });
  const code: string | undefined = refused.error?.error_code;
  assert.equal(code, "invalid_credentials");

  const { data: page } = await adminListUsers({ client: as(serviceKey) });
  assert(page?.users?.some((user) => user.email === body.email));
}

main(process.env.GOTRUE_URL!, process.env.GOTRUE_SERVICE_KEY!);
