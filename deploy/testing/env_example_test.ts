import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { INGEST_SETTINGS, loadConfig as loadIngestConfig } from "../../ingest/config.ts";
import { loadConfig as loadProducerConfig, PRODUCER_SETTINGS } from "../../producer/config.ts";

const TEXT = await Deno.readTextFile(new URL("../../.env.example", import.meta.url));
const SETTINGS = Object.entries({ ...PRODUCER_SETTINGS, ...INGEST_SETTINGS });
const DEFAULTS = Object.fromEntries(
  SETTINGS.flatMap(([name, { default: fallback }]) =>
    fallback === undefined ? [] : [[name, fallback]]
  ),
);
/** A setting's line, commented out where it has no default. */
const SETTING_LINE = /^(?:# )?([A-Z][A-Z0-9_]+)=/;

Deno.test("what both services have is the same for both", () => {
  for (const [name, setting] of Object.entries(PRODUCER_SETTINGS)) {
    const other = Object.entries(INGEST_SETTINGS).find(([otherName]) => otherName === name)?.[1];
    if (other !== undefined) assert.equal(setting.default, other.default, name);
  }
});

Deno.test(".env.example says the defaults: every setting, no others", () => {
  assert.deepEqual({ ...parseEnv(TEXT) }, DEFAULTS);
});

Deno.test(".env.example has each setting once, the required ones commented out with an example", () => {
  const names = TEXT.split("\n").flatMap((line) => SETTING_LINE.exec(line)?.[1] ?? []);
  assert.deepEqual(names.toSorted(), SETTINGS.map(([name]) => name).toSorted());
  const examples = { ...parseEnv(TEXT.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, "")) };
  assert.deepEqual(Object.keys(examples).toSorted(), names.toSorted());
  const { camera } = loadProducerConfig(examples);
  assert.equal(camera.url, examples["RTSP_URL"]);
  loadIngestConfig(examples);
});

Deno.test(".env.example explains each setting in the line above it", () => {
  const lines = TEXT.split("\n");
  lines.forEach((line, index) => {
    if (!SETTING_LINE.test(line)) return;
    const [before = "", above = ""] = [lines[index - 2], lines[index - 1]];
    assert.match(above, /^# [A-Za-z].*\.$/, line);
    assert.ok(before === "" || SETTING_LINE.test(before), `${line}: more than one line above it`);
  });
});
