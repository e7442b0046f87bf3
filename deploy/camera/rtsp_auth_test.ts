import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Challenge,
  checkAuthorization,
  type Credentials,
  digestResponse,
  formatChallenge,
} from "./rtsp_auth.ts";

const BASIC: Challenge = { scheme: "basic", realm: "a camera", nonce: "unused" };
const DIGEST: Challenge = { scheme: "digest", realm: 'a "camera"', nonce: "n0nce" };
const REQUEST = { method: "DESCRIBE", url: "rtsp://10.0.0.1/camera" };

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** What a client makes of a challenge, without quality of protection as GStreamer does it. */
function digestHeader(
  { user, password }: Credentials,
  { realm, nonce, ...request }: { realm: string; nonce: string; method: string; url: string },
): string {
  const response = digestResponse({ user, password, realm, nonce, ...request });
  return `Digest username=${quoted(user)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, ` +
    `uri=${quoted(request.url)}, response="${response}"`;
}

Deno.test("the digest is that of the worked example in RFC 2617, section 3.5", () => {
  const response = digestResponse({
    user: "Mufasa",
    realm: "testrealm@host.com",
    password: "Circle Of Life",
    method: "GET",
    url: "/dir/index.html",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    protection: { qop: "auth", nonceCount: "00000001", clientNonce: "0a4f113b" },
  });
  assert.equal(response, "6629fae49393a05397450978507c4ef1");
});

Deno.test("the same example is granted as a header", () => {
  const challenge: Challenge = {
    scheme: "digest",
    realm: "testrealm@host.com",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
  };
  const header = 'Digest username="Mufasa", realm="testrealm@host.com",' +
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",uri="/dir/index.html",qop=auth,nc=00000001,' +
    'cnonce="0a4f113b",response="6629fae49393a05397450978507c4ef1",opaque="5ccc069c"';
  const credentials = { user: "Mufasa", password: "Circle Of Life" };
  const request = { method: "GET", url: "/dir/index.html" };
  assert.equal(checkAuthorization(header, challenge, credentials, request), "granted");
});

Deno.test("Basic is granted for the right user and password, whatever is in them", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (user, password, other) => {
      const header = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
      assert.equal(checkAuthorization(header, BASIC, { user, password }, REQUEST), "granted");
      fc.pre(other !== password);
      const changed = { user, password: other };
      assert.equal(checkAuthorization(header, BASIC, changed, REQUEST), "denied");
    }),
  );
});

Deno.test("Digest is granted for the right user and password, whatever is in them", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (user, password, other) => {
      const header = digestHeader({ user, password }, { ...DIGEST, ...REQUEST });
      assert.equal(checkAuthorization(header, DIGEST, { user, password }, REQUEST), "granted");
      fc.pre(other !== password);
      const changed = { user, password: other };
      assert.equal(checkAuthorization(header, DIGEST, changed, REQUEST), "denied");
    }),
  );
});

Deno.test("a digest is good for its own method, URL and nonce alone", () => {
  const credentials = { user: "admin", password: "p:@ ss" };
  const header = digestHeader(credentials, { ...DIGEST, ...REQUEST });
  const verdict = (challenge: Challenge, request: { method: string; url: string }) =>
    checkAuthorization(header, challenge, credentials, request);
  assert.equal(verdict(DIGEST, REQUEST), "granted");
  assert.equal(verdict(DIGEST, { ...REQUEST, method: "PLAY" }), "denied");
  assert.equal(verdict(DIGEST, { ...REQUEST, url: "rtsp://10.0.0.1/other" }), "denied");
  assert.equal(verdict({ ...DIGEST, nonce: "another" }, REQUEST), "stale");
});

Deno.test("no answer, the other scheme's answer and nonsense are denied", () => {
  const credentials = { user: "admin", password: "" };
  const basic = `Basic ${btoa("admin:")}`;
  const digest = digestHeader(credentials, { ...DIGEST, ...REQUEST });
  for (const header of [undefined, "", "Basic", "Digest", "Digest x", "Bearer YWRtaW46", basic]) {
    assert.equal(checkAuthorization(header, DIGEST, credentials, REQUEST), "denied");
  }
  assert.equal(checkAuthorization(digest, BASIC, credentials, REQUEST), "denied");
});

Deno.test("challenges quote what they carry", () => {
  assert.equal(formatChallenge(BASIC, false), 'Basic realm="a camera"');
  assert.equal(
    formatChallenge(DIGEST, false),
    'Digest realm="a \\"camera\\"", nonce="n0nce", algorithm=MD5',
  );
  assert.match(formatChallenge(DIGEST, true), /, stale=TRUE$/);
});
