import assert from "node:assert/strict";
import { loadConfig } from "../../ingest/config.ts";
import { examineDeno } from "./deno_runtime.ts";
import { missingParts } from "./ffmpeg.ts";
import { fail, ok, reportOf, summaryOf, warn } from "./finding.ts";
import { clockFinding, publishFinding } from "./ingest.ts";
import {
  clockFinding as ownClockFinding,
  descriptorFinding,
  memoryFinding,
  ntpFinding,
} from "./machine.ts";
import { examineNamedFiles, examineWritable } from "./files.ts";
import { browserFinding, examineViewer } from "./page.ts";

const WHOLE = new Map([
  ["-demuxers", " D  rtsp            RTSP input\n D  rtp             RTP input"],
  ["-muxers", "  E flv             FLV (Flash Video)"],
  ["-encoders", " V....D libx264              libx264 H.264\n VFS..D mjpeg                MJPEG"],
  ["-decoders", " VFS..D h264                 H.264\n VFS..D hevc                 HEVC"],
  ["-protocols", "Input:\n  tcp\n  tls\n"],
]);

Deno.test("a finding is a line, with its cure below", () => {
  assert.equal(reportOf(ok("so")), "ok    so");
  assert.equal(reportOf(fail("not so", "do this")), "fail  not so\n      → do this");
  assert.equal(summaryOf([ok("a"), ok("b")]), "All is well.");
  const all = [ok("a"), warn("b", "x"), fail("c", "y"), fail("d", "z")];
  assert.equal(summaryOf(all), "2 to mend, 1 to look at, 1 in order.");
});

Deno.test("a Deno that is too old", () => {
  const verdicts = ["1.46.3", "2.8.9", "2.9.0", "2.10.1", "3.0.0"]
    .map((version) => examineDeno(version).verdict);
  assert.deepEqual(verdicts, ["fail", "fail", "ok", "ok", "ok"]);
});

Deno.test("what an FFmpeg lacks, by what that is for", () => {
  assert.deepEqual(missingParts(WHOLE).map(({ verdict }) => verdict), ["ok"]);
  const poor = new Map([...WHOLE, ["-encoders", " V....D libx264rgb  RGB\n VFS..D mjpeg  MJPEG"]]);
  const [finding, ...others] = missingParts(poor);
  assert.deepEqual(others, []);
  assert.equal(finding?.verdict, "warn");
  assert.match(finding.what, /no libx264: cameras that do not send H\.264/);
  const [vital] = missingParts(new Map([...WHOLE, ["-demuxers", " D  rtp  RTP input"]]));
  assert.equal(vital?.verdict, "fail");
});

Deno.test("what ingest's answer to a publish means", () => {
  const verdicts = [415, 401, 403, 429, 503, 404, 200]
    .map((status) => publishFinding(status, "http://h", "door").verdict);
  assert.deepEqual(verdicts, ["ok", "fail", "fail", "warn", "warn", "fail", "fail"]);
});

Deno.test("clocks that do not agree", () => {
  const nowMs = Date.UTC(2026, 0, 1, 12);
  const at = (offMs: number) => clockFinding(new Date(nowMs - offMs).toUTCString(), nowMs);
  assert.deepEqual(at(1_000).map(({ verdict }) => verdict), ["ok"]);
  assert.match(at(60_000)[0]?.what ?? "", /60 s ahead of ingest's/);
  assert.match(at(-60_000)[0]?.what ?? "", /60 s behind ingest's/);
  assert.deepEqual(clockFinding(null, nowMs), []);
  assert.deepEqual(["yes", "no", ""].map((said) => ntpFinding(said).verdict), ["ok", "warn", "ok"]);
});

Deno.test("open files and memory that are too few", () => {
  const files = [undefined, 100, 1000].map((free) => descriptorFinding(free, 1000).verdict);
  assert.deepEqual(files, ["ok", "warn", "ok"]);
  const memory = [undefined, 64, 256, 4096].map((free) => memoryFinding(free).verdict);
  assert.deepEqual(memory, ["ok", "fail", "warn", "ok"]);
});

Deno.test("what browsers make of the address", () => {
  const open = { INGEST_HOST: "0.0.0.0", AUTH: "off" };
  assert.equal(browserFinding(loadConfig({})).verdict, "ok");
  assert.equal(browserFinding(loadConfig(open)).verdict, "warn");
  const tls = { ...open, TLS_CERT: "/c.pem", TLS_KEY: "/k.pem" };
  assert.equal(browserFinding(loadConfig(tls)).verdict, "ok");
});

Deno.test("a page that is not built, or not whole", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { verdict, what } = await examineViewer(directory);
    assert.equal(verdict, "fail");
    assert.match(what, /index\.html, main\.js, decode_worker\.js, style\.css missing/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a clock that says a time before this was written", async () => {
  const { verdict, what, cure } = await ownClockFinding(Date.UTC(1970, 0, 1));
  assert.equal(verdict, "fail");
  assert.match(`${what} ${cure}`, /says 1970-01-01.*set-ntp/);
  assert.notEqual((await ownClockFinding(Date.UTC(2030, 0, 1))).verdict, "fail");
});

Deno.test("files that settings name and that are not in order", async () => {
  const found = async (env: Readonly<Record<string, string>>) => {
    const { certificateFiles, access } = loadConfig(env);
    const files = certificateFiles === undefined ? { access } : { access, certificateFiles };
    return await examineNamedFiles(files, Date.now());
  };
  assert.deepEqual(await found({}), []);
  const [missing] = await found({ TLS_CERT: "/nowhere/c.pem", TLS_KEY: "/nowhere/k.pem" });
  assert.equal(missing?.verdict, "fail");
  assert.match(missing.what, /TLS_CERT: there is no file \/nowhere\/c\.pem/);
  const directory = await Deno.makeTempDir();
  try {
    const source = `${directory}/keys.json`;
    const keys = { AUTH_JWKS: source, PUBLISH_TOKEN: "tok3n-tok3n" };
    assert.match((await found(keys))[0]?.what ?? "", /AUTH_JWKS: \S+ cannot be had/);
    await Deno.writeTextFile(source, '{"keys": []}');
    assert.match((await found(keys))[0]?.what ?? "", /is no set of keys/);
    await Deno.writeTextFile(source, '{"keys": [{"kid": "1"}]}');
    assert.deepEqual((await found(keys)).map(({ verdict }) => verdict), ["ok"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a file of cameras that requests cannot change, and one that they can, which is left as it was", async () => {
  assert.equal((await examineWritable("/proc/sys/porthole.yaml")).verdict, "fail");
  const directory = await Deno.makeTempDir();
  try {
    assert.equal((await examineWritable(`${directory}/porthole.yaml`)).verdict, "ok");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory)), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
