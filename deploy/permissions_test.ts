import { environmentNames } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { INGEST_SETTINGS } from "../ingest/config.ts";
import { PRODUCER_SETTINGS } from "../producer/config.ts";
import { NO_IMPORTS, permissionsOf } from "./permissions.ts";

const CAMERA = { RTSP_URL: "rtsp://admin:hunter22@192.168.1.64/1" };

Deno.test("ingest may read its viewer, listen at its address and ask for its memory, and that is all", () => {
  assert.deepEqual(permissionsOf("ingest", {}), [
    "--no-prompt",
    ...NO_IMPORTS,
    `--allow-env=${environmentNames(Object.keys(INGEST_SETTINGS)).join()}`,
    "--allow-read=.env,viewer/dist",
    "--allow-net=127.0.0.1:3000",
    "--allow-sys=systemMemoryInfo",
  ]);
});

Deno.test("the producer may run FFmpeg and reach ingest and the camera, and that is all", () => {
  assert.deepEqual(permissionsOf("producer", CAMERA), [
    "--no-prompt",
    ...NO_IMPORTS,
    `--allow-env=${environmentNames(Object.keys(PRODUCER_SETTINGS)).join()}`,
    "--allow-read=.env,porthole.yaml",
    "--allow-net=127.0.0.1:3000,192.168.1.64:554",
    "--allow-run=ffmpeg",
  ]);
});

Deno.test("no secret stands in what is handed over, and no setting can add a permission", () => {
  const env = { ...CAMERA, PUBLISH_TOKEN: "tok3n-tok3n", INGEST_URL: "http://h/ --allow-all" };
  const args = permissionsOf("producer", env).join(" ");
  assert.doesNotMatch(args, /hunter22|tok3n|allow-all/);
  const ingest = permissionsOf("ingest", { TLS_CERT: "/c.pem --allow-all", TLS_KEY: "/k --x" });
  assert.doesNotMatch(ingest.join(" "), /allow-all|--x/);
});

Deno.test("certificates may be read where the settings say they are", () => {
  const env = { TLS_CERT: "/etc/tls/a,b.pem", TLS_KEY: "keys/k.pem", AUTH_JWKS: "keys.json" };
  const [read] = permissionsOf("ingest", env, "/srv/").filter((a) => a.startsWith("--allow-read"));
  assert.equal(read, "--allow-read=.env,/srv/viewer/dist,/etc/tls/a,,b.pem,keys/k.pem,keys.json");
});

Deno.test("secrets may be read from the files that hold them, of the service's own alone", () => {
  const env = {
    ...CAMERA,
    RTSP_URL_FILE: "/run/secrets/camera",
    PUBLISH_TOKEN_FILE: " /run/secrets/token\n",
    WATCH_PASSWORD_FILE: "/a b --allow-all",
  };
  const read = (name: "ingest" | "producer") =>
    permissionsOf(name, env).find((argument) => argument.startsWith("--allow-read"));
  assert.equal(
    read("producer"),
    "--allow-read=.env,/run/secrets/camera,/run/secrets/token,porthole.yaml",
  );
  assert.equal(read("ingest"), "--allow-read=.env,/run/secrets/token,viewer/dist");
});

Deno.test("keys may be asked for, or read, where the settings say they are", () => {
  const net = (source: string) => permissionsOf("ingest", { AUTH_JWKS: source }).slice(4, 6);
  assert.deepEqual(net("https://login.example/keys"), [
    "--allow-read=.env,viewer/dist",
    "--allow-net=127.0.0.1:3000,login.example:443",
  ]);
  assert.equal(net("http://127.0.0.1:8080/keys")[1], "--allow-net=127.0.0.1:3000,127.0.0.1:8080");
  assert.equal(net("/etc/keys.json")[0], "--allow-read=.env,viewer/dist,/etc/keys.json");
});

Deno.test("threads may read the modules that they are made of", () => {
  const args = permissionsOf("ingest", { INGEST_WORKERS: "2" }, "/srv/");
  assert.ok(args.includes("--allow-read=.env,/srv/viewer/dist,/srv/ingest,/srv/protocol"));
});

Deno.test("the network is one address where that is known", () => {
  const open = { AUTH: "off" };
  const jwks = { AUTH_JWKS: "https://id.example/jwks.json", PUBLISH_TOKEN: "tok3n-tok3n" };
  const listening = (env: Record<string, string>) => permissionsOf("ingest", env)[5];
  assert.equal(listening({ INGEST_PORT: "0" }), "--allow-net=127.0.0.1");
  assert.equal(listening({ INGEST_HOST: "::1" }), "--allow-net=[::1]:3000");
  assert.equal(listening({ INGEST_HOST: "localhost" }), "--allow-net=localhost,127.0.0.1,[::1]");
  assert.equal(listening({ INGEST_HOST: "0.0.0.0", ...open }), "--allow-net=0.0.0.0:3000");
  assert.equal(listening({ INGEST_HOST: "cams.example", ...open }), "--allow-net");
  const reaching = (url: string) => permissionsOf("producer", { ...CAMERA, INGEST_URL: url })[5];
  assert.equal(listening(jwks), "--allow-net=127.0.0.1:3000,id.example:443");
  assert.equal(reaching("https://10.0.0.7"), "--allow-net=10.0.0.7:443,192.168.1.64:554");
  assert.equal(reaching("http://[::1]:3000"), "--allow-net=[::1]:3000,192.168.1.64:554");
  const asked = { ...CAMERA, METRICS_PORT: "9101", METRICS_HOST: "0.0.0.0" };
  assert.match(permissionsOf("producer", asked)[5] ?? "", /,0\.0\.0\.0:9101$/);
  const byName = { ...CAMERA, RTSP_URL: "rtsp://cam.example/1" };
  assert.equal(permissionsOf("producer", byName)[5], "--allow-net");
  assert.equal(reaching("https://ingest.example"), "--allow-net");
});

Deno.test("with wrong settings a service may say so, and nothing else", () => {
  const given = permissionsOf("ingest", { INGEST_PORT: "x" });
  assert.deepEqual(given.map((argument) => argument.split("=")[0]), [
    ...["--no-prompt", "--allow-import", "--deny-import", "--allow-env", "--allow-read"],
  ]);
});

Deno.test("without a camera the producer may check a file of them, and probe one", () => {
  assert.deepEqual(permissionsOf("producer", {}).slice(4), [
    "--allow-read=.env,porthole.yaml",
    "--allow-run=ffmpeg",
  ]);
});

Deno.test("of a file of cameras the producer may read what it names, and reach what RTSP_ALLOW allows", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const CONFIG = `${folder}/cams.yaml`;
    const cameras = ["a: rtsp://a/1", "b: {url_env: B_URL}", "c: {url_file: c.url}", "d: 5"];
    await Deno.writeTextFile(CONFIG, `cameras:\n  ${cameras.join("\n  ")}\n`);
    const read = `--allow-read=.env,${CONFIG},${folder}/c.url`;
    const own = environmentNames(Object.keys(PRODUCER_SETTINGS));
    const env = `--allow-env=${own.join()},B_URL`;
    assert.deepEqual(permissionsOf("producer", { CONFIG }).slice(3), [
      ...[env, "--ignore-env=LOG_TOKENS,LOG_STREAM", read, "--allow-net", "--allow-run=ffmpeg"],
    ]);
    const RTSP_ALLOW = "10.0.0.0/8, 192.168.1.64";
    const control = { CONTROL_PORT: "9090", CONTROL_TOKEN: "0123456789abcdef" };
    assert.deepEqual(permissionsOf("producer", { CONFIG, RTSP_ALLOW, ...control }).slice(5), [
      `${read},${CONFIG}.new`,
      `--allow-write=${CONFIG},${CONFIG}.new`,
      "--allow-net=127.0.0.1:3000,127.0.0.1:9090,10.0.0.0/8,192.168.1.64",
      "--allow-run=ffmpeg",
    ]);
    const asked = { METRICS_PORT: "9101", METRICS_HOST: "0.0.0.0" };
    assert.equal(
      permissionsOf("producer", { CONFIG, RTSP_ALLOW, ...asked })[6],
      "--allow-net=127.0.0.1:3000,0.0.0.0:9101,10.0.0.0/8,192.168.1.64",
    );
    const inIpv6 = permissionsOf("producer", { CONFIG, RTSP_ALLOW: "fd00::/8" });
    assert.ok(inIpv6.includes("--allow-net"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
