import { Hono } from "hono";
import assert from "node:assert/strict";
import { requireToken } from "./auth.ts";
import { refusalOf } from "./testing/test_app.ts";

const TOKEN = "p@ss-w{}rd#\\of%printable~characters";

function app(): Hono {
  return new Hono().use(requireToken(TOKEN)).get("/", (context) => context.text("in"));
}

async function fetchWith(authorization?: string): Promise<Response> {
  return await app().request(
    "/",
    authorization === undefined ? {} : { headers: { authorization } },
  );
}

for (const scheme of ["Bearer", "bearer", "BEARER "]) {
  Deno.test(`the token is let in after "${scheme}"`, async () => {
    assert.equal(await (await fetchWith(`${scheme} ${TOKEN}`)).text(), "in");
  });
}

const WRONG = {
  "no header": undefined,
  "another token": "Bearer another-token",
  "a beginning of the token": `Bearer ${TOKEN.slice(0, -1)}`,
  "the token and more": `Bearer ${TOKEN}x`,
  "an empty token": "Bearer ",
  "no scheme": TOKEN,
  "another scheme": `Basic ${TOKEN}`,
};
for (const [name, authorization] of Object.entries(WRONG)) {
  Deno.test(`${name} is 401, with the scheme that is wanted`, async () => {
    const response = await fetchWith(authorization);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    assert.deepEqual(await refusalOf(response), [401, "unauthorized"]);
  });
}
