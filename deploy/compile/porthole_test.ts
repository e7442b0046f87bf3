import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { ServiceProcess } from "../testing/process.ts";
import { BINARIES } from "./binary.ts";
import { reachableHere, sharedEnvironment } from "./porthole.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TOKEN = "a-token-of-its-own";

/** From the sources, with what is baked into the binary. */
function startAs(name: string, env: Readonly<Record<string, string>>, ready: RegExp) {
  const binary = BINARIES.find((candidate) => candidate.name === name);
  assert.ok(binary !== undefined);
  const { v8Flags, permissions, main } = binary;
  return ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", `--v8-flags=${v8Flags}`, ...permissions, `${ROOT}${main}`],
    cwd: `${ROOT}deploy/testing`,
    env,
    ready,
  });
}

async function isLive(url: string, id = "default"): Promise<true | string> {
  const response = await fetch(`${url}api/streams/${id}`);
  const { state, cause } = await response.json();
  return state === "live" || `it is ${state}: ${cause}`;
}

async function framesReceived(url: string): Promise<number> {
  return (await (await fetch(`${url}metrics`)).json()).frames_received;
}

Deno.test("porthole alone shows a camera, with what its binary may do", async () => {
  await using camera = await SimulatedCamera.start({ widthPx: 320, heightPx: 240 });
  const env = { RTSP_URL: camera.url, INGEST_PORT: "0", DRAIN_SECONDS: "3600" };
  await using porthole = await startAs("porthole", env, /porthole listens url=\S+/);
  const [, url = ""] = await porthole.waitFor(/porthole listens url=(\S+)/, 15_000);
  await eventually("the camera is live", 20_000, () => isLive(url));
  const page = await fetch(url);
  assert.match(await page.text(), /<script/);

  porthole.signal("SIGTERM");
  await porthole.waitFor(/ingest drains/, 20_000);
  const before = await framesReceived(url);
  await eventually("pictures still come", 20_000, async () => {
    return await framesReceived(url) > before || "none";
  });
  const { code } = await porthole.stop();
  assert.equal(code, 0, porthole.output);
  assert.match(porthole.output, /porthole stops/);
});

Deno.test("porthole shows all cameras of a file, as an edit has them", async () => {
  await using camera = await SimulatedCamera.start({ widthPx: 320, heightPx: 240 });
  const dir = await Deno.makeTempDir({ prefix: "porthole" });
  await using _ = { [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
  const file = `${dir}/cameras.yaml`;
  await Deno.writeTextFile(file, `cameras:\n  door: ${camera.url}\n`);
  const env = { CONFIG: file, INGEST_PORT: "0" };
  await using porthole = await startAs("porthole", env, /porthole listens url=\S+/);
  const [, url = ""] = await porthole.waitFor(/porthole listens url=(\S+)/, 15_000);
  await eventually("the door is live", 20_000, () => isLive(url, "door"));
  await Deno.writeTextFile(file, `cameras:\n  yard: ${camera.url}\n`);
  await eventually("the yard is live", 20_000, () => isLive(url, "yard"));
});

Deno.test("ingest's threads and the producer start with what their binaries may do", async () => {
  const workers = { INGEST_PORT: "0", INGEST_WORKERS: "2" };
  await using ingest = await startAs("porthole-ingest", workers, /ingest listens url=\S+/);
  const [, url = ""] = await ingest.waitFor(/ingest listens url=(\S+)/, 15_000);
  assert.equal((await (await fetch(`${url}healthz`)).json()).status, "ok");
  await using _producer = await startAs(
    "porthole-producer",
    { RTSP_URL: "rtsp://127.0.0.1:9/1", INGEST_URL: url },
    /publishing to ingest/,
  );
});

Deno.test("porthole's producer has a token where publishing asks for one", () => {
  assert.deepEqual(sharedEnvironment({}, TOKEN), {});
  const asked = { WATCH_PASSWORD: "something long" };
  assert.deepEqual(sharedEnvironment(asked, TOKEN), { ...asked, PUBLISH_TOKEN: TOKEN });
  const set = { PUBLISH_TOKEN: "set-by-someone" };
  assert.deepEqual(sharedEnvironment(set, TOKEN), set);
});

Deno.test("with a certificate porthole is told by which name it is met", () => {
  const tls = { TLS_CERT: "/c.pem", TLS_KEY: "/k.pem" };
  assert.throws(() => sharedEnvironment(tls, TOKEN), /INGEST_URL: not set, though TLS_CERT is/);
  const named = { ...tls, INGEST_URL: "https://cams.example" };
  assert.deepEqual(sharedEnvironment(named, TOKEN), named);
});

Deno.test("what listens everywhere is met on loopback", () => {
  assert.equal(reachableHere("http://0.0.0.0:3000/"), "http://127.0.0.1:3000");
  assert.equal(reachableHere("http://[::]:3000/"), "http://[::1]:3000");
  assert.equal(reachableHere("http://192.168.1.5:80/"), "http://192.168.1.5");
});
