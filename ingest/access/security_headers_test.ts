import assert from "node:assert/strict";
import { Upgrade } from "../upgrade.ts";
import { encode, jpegFrame } from "../testing/frames.ts";
import { TestApp } from "../testing/test_app.ts";
import { securityHeaders } from "./security_headers.ts";
import { Hono } from "hono";

const PATHS = ["/", "/healthz", "/api/streams", "/metrics", "/nothing", "/ws", "/ingest/UPPER"];

Deno.test("every answer is locked down, errors too", async () => {
  using app = new TestApp();
  for (const path of PATHS) {
    const { headers } = await app.fetch(path);
    const policy = headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'self'", "connect-src 'self'", "frame-ancestors 'self'"]) {
      assert.ok(policy.includes(part), `${path}: ${policy}`);
    }
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-frame-options"), "SAMEORIGIN");
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
    const permissions = headers.get("permissions-policy") ?? "";
    assert.match(permissions, /fullscreen=\(self\), picture-in-picture=\(self\)/);
    assert.match(permissions, /microphone=\(\)/);
  }
});

Deno.test("who may put the page into a frame is a setting", async () => {
  const framing = async (FRAME_ANCESTORS: string) => {
    using app = new TestApp({ env: { FRAME_ANCESTORS } });
    const { headers } = await app.fetch("/");
    const policy = headers.get("content-security-policy") ?? "";
    return [/frame-ancestors ([^;]*)/.exec(policy)?.[1], headers.get("x-frame-options")];
  };
  assert.deepEqual(await framing("none"), ["'none'", "DENY"]);
  assert.deepEqual(await framing("'self'"), ["'self'", "SAMEORIGIN"]);
  const two = "self, https://*.dash.example";
  assert.deepEqual(await framing(two), ["'self' https://*.dash.example", null]);
});

Deno.test("a picture may be shown by pages of allowed origins, which an <img> tells by Referer", async () => {
  using app = new TestApp({ env: { ALLOWED_ORIGINS: "https://dash.example" } });
  const policyFor = async (headers: Record<string, string>) =>
    (await app.fetch("/api/streams", { headers })).headers.get("cross-origin-resource-policy");
  assert.equal(await policyFor({ referer: "https://dash.example/wall?x" }), "cross-origin");
  for (const referer of ["https://dash.example.evil.example/", "https://evil.example/", "x", ""]) {
    assert.equal(await policyFor({ referer }), "same-origin");
  }
  assert.equal(await policyFor({}), "same-origin");
});

Deno.test("browsers of allowed origins may look into multipart JPEG, and into nothing else", async () => {
  using app = new TestApp({ env: { ALLOWED_ORIGINS: "https://dash.example" } });
  await app.post("/ingest/cam", encode(jpegFrame()));
  const sniffing = async (path: string, referer: string) => {
    const answer = await app.fetch(path, { method: "HEAD", headers: { referer } });
    return answer.headers.get("x-content-type-options");
  };
  const mjpeg = "/api/streams/cam/mjpeg";
  assert.equal(await sniffing(mjpeg, "https://dash.example/wall"), null);
  assert.equal(await sniffing(mjpeg, "https://evil.example/"), "nosniff");
  assert.equal(await sniffing("/api/streams/cam", "https://dash.example/wall"), "nosniff");
  assert.equal(await sniffing("/api/streams/cam/snapshot.jpg", "https://dash.example/"), "nosniff");
});

Deno.test("what answers an upgrade is not touched", async () => {
  const before = [...Upgrade.accepted.headers];
  const app = new Hono()
    .use(securityHeaders({ allowedOrigins: [], frameAncestors: ["'self'"] }))
    .get("/", () => Upgrade.accepted);
  assert.equal(await app.request("/"), Upgrade.accepted);
  assert.deepEqual([...Upgrade.accepted.headers], before);
});
