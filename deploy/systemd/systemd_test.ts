import { environmentNames } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { PRODUCER_SETTINGS } from "../../producer/config.ts";

const FOLDER = new URL("./", import.meta.url);
const SERVICES = { ingest: INGEST_SETTINGS, producer: PRODUCER_SETTINGS };
/** In tenths, as `--threshold` wants it; 100 is a service without any of it. */
const MOST_EXPOSED = 15;
const ignore = Deno.build.os !== "linux";

/** `systemd-analyze` on the unit, with a program in place of the binary that is not installed. */
async function analyze(unit: string, ...args: string[]): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "systemd" });
  try {
    const text = await Deno.readTextFile(new URL(unit, FOLDER));
    const path = `${directory}/${unit}`;
    await Deno.writeTextFile(path, text.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"));
    const { success, stdout, stderr } = await new Deno.Command("systemd-analyze", {
      args: [...args, path],
      env: { SYSTEMD_PAGER: "cat", SYSTEMD_COLORS: "0" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(success, said);
    return said;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What the file of settings sets, and what it proposes behind a `#`. */
async function readExample(name: string): Promise<Readonly<Record<string, string | undefined>>> {
  const text = await Deno.readTextFile(new URL(`${name}.env`, FOLDER));
  return parseEnv(text.replaceAll(/^# (?=[A-Z_]+=)/gm, ""));
}

for (const [name, settings] of Object.entries(SERVICES)) {
  const unit = `porthole-${name}.service`;

  Deno.test({ name: `${unit} is in order`, ignore }, async () => {
    assert.equal(await analyze(unit, "verify"), "");
  });

  Deno.test({ name: `${unit} leaves little open`, ignore }, async () => {
    const said = await analyze(unit, "security", "--offline=true", `--threshold=${MOST_EXPOSED}`);
    assert.match(said, /Overall exposure level for \S+: \d\.\d OK/);
  });

  Deno.test(`${unit} and its environment set what the service knows`, async () => {
    const text = await Deno.readTextFile(new URL(unit, FOLDER));
    const set = [...text.matchAll(/^Environment=(\w+)=/gm)].map(([, variable = ""]) => variable);
    const example = await readExample(name);
    const known = environmentNames(Object.keys(settings));
    const unknown = [...set, ...Object.keys(example)].filter((entry) => !known.includes(entry));
    assert.deepEqual(unknown, []);
    for (const [, credential] of text.matchAll(/^Environment=\w+=%d\/(\S+)/gm)) {
      assert.match(text, new RegExp(`^LoadCredential=${credential}:/etc/porthole/`, "m"));
    }
  });
}

Deno.test("a producer that is asked how it is, is so on loopback, where Prometheus looks for one", async () => {
  const { METRICS_HOST, METRICS_PORT, INGEST_URL } = await readExample("producer");
  assert.equal(METRICS_HOST, undefined, "others than this machine's would be asked nothing");
  assert.equal(PRODUCER_SETTINGS.METRICS_HOST.default, "127.0.0.1");
  const scrapes = await Deno.readTextFile(new URL("../prometheus/prometheus.yml", FOLDER));
  assert.match(scrapes, new RegExp(`"producer:${METRICS_PORT}"`));
  const { INGEST_HOST, INGEST_PORT } = await readExample("ingest");
  assert.equal(INGEST_URL, `http://${INGEST_HOST}:${INGEST_PORT}`);
});

Deno.test("ingest is allowed the memory that it goes by, and is not slowed down before", async () => {
  const unit = await Deno.readTextFile(new URL("porthole-ingest.service", FOLDER));
  const { MAX_MEMORY_MB = INGEST_SETTINGS.MAX_MEMORY_MB.default } = await readExample("ingest");
  assert.match(unit, new RegExp(`^MemoryMax=${Number(MAX_MEMORY_MB) / 1024}G$`, "m"));
  assert.doesNotMatch(unit, /^MemoryHigh=/m);
});
