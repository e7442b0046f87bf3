import * as fc from "fast-check";
import assert from "node:assert/strict";
import {
  AUTH_SECRET,
  hs256,
  Issuer,
  secondsFromNow,
  tokenFor,
  unsigned,
} from "../testing/tokens.ts";
import { TokenError } from "./claims.ts";
import { KeySet } from "./key_set.ts";
import { hmacKey, MAX_TOKEN_CHARS, signToken, TokenVerifier } from "./token_verifier.ts";

const rsa = new Issuer("RS256");
const issuers = [rsa, new Issuer("ES256"), new Issuer("EdDSA")];
const secretKey = hmacKey(new TextEncoder().encode(AUTH_SECRET));
const keySet = new KeySet(() => Promise.resolve({ keys: issuers.map(({ jwk }) => jwk) }));
const verifier = new TokenVerifier({ symmetric: [secretKey], keySet });
const exp = secondsFromNow(3600);
const claims = { watch: ["door"], exp };

Deno.test("a token of our own says what it said when it was minted", async () => {
  const minted = { watch: ["door"], publish: ["*"], operate: true, exp };
  const grant = await verifier.verify(await signToken(minted, await secretKey), Date.now());
  assert.deepEqual(grant, {
    watch: new Set(["door"]),
    publish: new Set(["*"]),
    operate: true,
    expiresAtMs: exp * 1000,
  });
});

Deno.test("what a token does not say it does not allow", async () => {
  const { watch, publish, operate } = await verifier.verify(hs256({ exp }), Date.now());
  assert.deepEqual([watch.size, publish.size, operate], [0, 0, false]);
});

for (const issuer of issuers) {
  Deno.test(`a token of an issuer elsewhere is taken, signed by ${issuer.alg}`, async () => {
    const { watch } = await verifier.verify(issuer.token(claims), Date.now());
    assert.deepEqual(watch, new Set(["door"]));
  });
}

const good = hs256(claims);
const [head = "", body = "", signature = ""] = good.split(".");
const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
const WRONG: Readonly<Record<string, string>> = {
  "no signature and alg none": `${unsigned({ alg: "none", typ: "JWT" }, claims)}.`,
  "alg none and a signature": `${unsigned({ alg: "none" }, claims)}.${signature}`,
  "alg None": `${unsigned({ alg: "None" }, claims)}.${signature}`,
  "alg hs256": hs256(claims, { header: { alg: "hs256" } }),
  "no alg": hs256(claims, { header: { alg: undefined } }),
  "alg a list": hs256(claims, { header: { alg: ["HS256"] } }),
  "alg HS512": hs256(claims, { header: { alg: "HS512" } }),
  "HS256 by the public key as PEM": hs256(claims, { secret: pem, header: { kid: "RS256" } }),
  "HS256 by the public key as JWK": hs256(claims, { secret: JSON.stringify(rsa.jwk) }),
  "HS256 by an empty secret": hs256(claims, { secret: "" }),
  "another secret": hs256(claims, { secret: `${AUTH_SECRET}x` }),
  "no signature": `${head}.${body}.`,
  "two parts": `${head}.${body}`,
  "four parts": `${good}.${signature}`,
  "a signature cut short": good.slice(0, -3),
  "other claims": `${head}.${unsigned({}, { watch: ["*"], exp }).split(".")[1]}.${signature}`,
  "crit": hs256(claims, { header: { crit: ["exp"], exp: 1 } }),
  "a header that is null": `${unsigned(null, claims)}.${signature}`,
  "a header that is a number": `${unsigned(1, claims)}.${signature}`,
  "a key of its own": hs256(claims, { header: { jwk: rsa.jwk, alg: "RS256", kid: "RS256" } }),
  "an unknown key": rsa.token(claims, { kid: "other" }),
  "no key id": rsa.token(claims, { kid: undefined }),
  "a key id that is a prototype's": rsa.token(claims, { kid: "__proto__" }),
  "a key of another kind": rsa.token(claims, { kid: "ES256" }),
  "another kind for the key": rsa.token(claims, { alg: "ES256" }),
  "PS256": rsa.token(claims, { alg: "PS256" }),
  "RS512": rsa.token(claims, { alg: "RS512" }),
  "another issuer's key of that id": new Issuer("RS256").token(claims),
  "a line break": `${good}\n`,
  "nothing": "",
};
for (const [name, token] of Object.entries(WRONG)) {
  Deno.test(`a token is refused: ${name}`, async () => {
    await assert.rejects(verifier.verify(token, Date.now()), (error) => {
      assert.ok(error instanceof TokenError, String(error));
      assert.equal(error.message, "the token is not one of this server's, or not whole");
      assert.equal(error.cause, undefined, "hono's error holds the token");
      return true;
    });
  });
}

const CLAIMS: Readonly<Record<string, [unknown, RegExp]>> = {
  "expired": [{ watch: ["*"], exp: secondsFromNow(0) }, /expired/],
  "without exp": [{ watch: ["*"] }, /wrong: exp/],
  "exp a text": [{ watch: ["*"], exp: String(exp) }, /wrong: exp/],
  "exp beyond all dates": [{ watch: ["*"], exp: 1e300 }, /wrong: exp/],
  "exp null": [{ watch: ["*"], exp: null }, /wrong: exp/],
  "not yet valid": [{ ...claims, nbf: secondsFromNow(90) }, /not valid yet/],
  "watch a text": [{ watch: "*", exp }, /wrong: watch/],
  "watch a pattern": [{ watch: ["door*"], exp }, /wrong: watch/],
  "watch a path": [{ watch: ["../door"], exp }, /wrong: watch/],
  "publish an object": [{ publish: { 0: "*" }, exp }, /wrong: publish/],
  "operate a number": [{ operate: 1, exp }, /wrong: operate/],
  "257 streams": [{ watch: Array.from({ length: 257 }, (_, i) => `s${i}`), exp }, /wrong: watch/],
  "null": [null, /wrong: claims/],
  "a list": [[exp], /wrong: claims/],
};
for (const [name, [payload, reason]] of Object.entries(CLAIMS)) {
  Deno.test(`claims are refused, rightly signed though: ${name}`, async () => {
    await assert.rejects(verifier.verify(hs256(payload), Date.now()), (error) => {
      assert.ok(error instanceof TokenError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  });
}

Deno.test("a clock that is a little ahead of ours does no harm", async () => {
  const { watch } = await verifier.verify(
    hs256({ ...claims, nbf: secondsFromNow(30), iat: secondsFromNow(30) }),
    Date.now(),
  );
  assert.equal(watch.size, 1);
});

Deno.test("keys of a prototype are no claims", async () => {
  const polluting = JSON.parse(`{"__proto__":{"operate":true,"watch":["*"]},"exp":${exp}}`);
  const { watch, operate } = await verifier.verify(hs256(polluting), Date.now());
  assert.deepEqual([watch.size, operate], [0, false]);
});

Deno.test("a token as long as allowed is taken, a longer one is not looked at", async () => {
  const padding = MAX_TOKEN_CHARS - hs256({ ...claims, pad: "" }).length;
  const fits = hs256({ ...claims, pad: "x".repeat(Math.floor(padding * 3 / 4) - 3) });
  assert.ok(fits.length > MAX_TOKEN_CHARS - 10 && fits.length <= MAX_TOKEN_CHARS, `${fits.length}`);
  assert.equal((await verifier.verify(fits, Date.now())).watch.size, 1);
  const long = hs256({ ...claims, pad: "x".repeat(1_000_000) });
  await assert.rejects(verifier.verify(long, Date.now()), /at most 3072 characters/);
});

Deno.test("without keys of a kind, tokens of that kind are worth nothing", async () => {
  const noSecret = new TokenVerifier({ symmetric: [], keySet });
  await assert.rejects(noSecret.verify(good, Date.now()), TokenError);
  const noKeySet = new TokenVerifier({ symmetric: [secretKey], keySet: undefined });
  await assert.rejects(noKeySet.verify(rsa.token(claims), Date.now()), TokenError);
});

Deno.test("no text but a token is one, whatever it is", async () => {
  const part = fc.oneof(fc.base64String(), fc.json().map(btoa), fc.string());
  const text = fc.oneof(fc.string(), fc.tuple(part, part, part).map((parts) => parts.join(".")));
  await fc.assert(
    fc.asyncProperty(text, async (token) => {
      await assert.rejects(verifier.verify(token, Date.now()), TokenError);
    }),
    { numRuns: 500 },
  );
});

Deno.test("no token with one character changed is one", async () => {
  // The last character of 32 bytes in base64 has two bits that mean nothing.
  const place = fc.integer({ min: 0, max: good.length - 2 });
  const character = fc.constantFrom(..."AZaz09-_.");
  await fc.assert(
    fc.asyncProperty(place, character, async (index, other) => {
      fc.pre(good[index] !== other);
      const token = good.slice(0, index) + other + good.slice(index + 1);
      await assert.rejects(verifier.verify(token, Date.now()), TokenError);
    }),
    { numRuns: 500 },
  );
});

const meant = { issuer: "https://id.example", audience: "porthole" };
const NAMES: readonly [names: Record<string, unknown>, refused: RegExp | undefined][] = [
  [{ iss: meant.issuer, aud: "porthole" }, undefined],
  [{ iss: meant.issuer, aud: ["other", "porthole"] }, undefined],
  [{ iss: "https://id.example/", aud: "porthole" }, /AUTH_ISSUER/],
  [{ aud: "porthole" }, /AUTH_ISSUER/],
  [{ iss: [meant.issuer], aud: "porthole" }, /AUTH_ISSUER/],
  [{ iss: meant.issuer, aud: "other" }, /AUTH_AUDIENCE/],
  [{ iss: meant.issuer, aud: ["porthole2", "*"] }, /AUTH_AUDIENCE/],
  [{ iss: meant.issuer }, /AUTH_AUDIENCE/],
  [{ iss: meant.issuer, aud: { 0: "porthole" } }, /AUTH_/],
];
for (const [names, refused] of NAMES) {
  Deno.test(`where issuer and audience are set: ${JSON.stringify(names)}`, async () => {
    const strict = new TokenVerifier({ symmetric: [secretKey], keySet, meant });
    const verifying = strict.verify(rsa.token({ ...claims, ...names }), Date.now());
    if (refused === undefined) assert.equal((await verifying).watch.size, 1);
    else {
      await assert.rejects(verifying, (error) => {
        return error instanceof TokenError && refused.test(error.message);
      });
    }
    const own = await strict.verify(hs256(claims), Date.now());
    assert.equal(own.watch.size, 1, "tokens of our own say neither");
  });
}

Deno.test("a token for something else that says nothing of Porthole allows nothing", async () => {
  const { watch } = await verifier.verify(tokenFor({ sub: "mallory", scope: "watch" }), Date.now());
  assert.equal(watch.size, 0);
});
