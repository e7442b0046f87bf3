import { SettingsError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { INGEST_SETTINGS, loadConfig } from "./config.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

Deno.test("an empty environment gives the documented defaults, on loopback", () => {
  assert.deepEqual(loadConfig({}), {
    host: "127.0.0.1",
    port: 3000,
    workers: 1,
    limits: { maxClients: 2000, maxClientsPerAddress: 200 },
    maxAgeMs: 500,
    publishToken: "",
    logLevel: "info",
  });
});

Deno.test("every setting is taken from the environment", () => {
  const config = loadConfig({
    INGEST_HOST: "0.0.0.0",
    AUTH: "off",
    INGEST_PORT: "8080",
    INGEST_WORKERS: "4",
    MAX_CLIENTS: "7",
    MAX_CLIENTS_PER_ADDRESS: "3",
    MAX_AGE_MS: "250",
    PUBLISH_TOKEN: "eight-or-more",
    LOG_LEVEL: "debug",
  });
  assert.deepEqual(config, {
    host: "0.0.0.0",
    port: 8080,
    workers: 4,
    limits: { maxClients: 7, maxClientsPerAddress: 3 },
    maxAgeMs: 250,
    publishToken: "eight-or-more",
    logLevel: "debug",
  });
});

Deno.test("all problems are told at once, an exposed address among them", () => {
  const problems = problemsOf({
    INGEST_HOST: "0.0.0.0",
    INGEST_PORT: "http",
    INGEST_WORKERS: "0",
    MAX_CLIENTS: "0",
    MAX_CLIENTS_PER_ADDRESS: "-1",
    MAX_AGE_MS: "1",
    PUBLISH_TOKEN: "short",
    LOG_LEVEL: "loud",
  });
  assert.deepEqual(problems.map((problem) => problem.split(":")[0]).sort(), [
    "INGEST_HOST",
    "INGEST_PORT",
    "INGEST_WORKERS",
    "LOG_LEVEL",
    "MAX_AGE_MS",
    "MAX_CLIENTS",
    "MAX_CLIENTS_PER_ADDRESS",
    "PUBLISH_TOKEN",
  ]);
  assert.ok(problems.every((problem) => problem.includes("allowed: ")), problems.join("\n"));
});

Deno.test("an AUTH that is neither on nor off is told, and is not taken for off", () => {
  const problems = problemsOf({ INGEST_HOST: "0.0.0.0", AUTH: "none" });
  assert.deepEqual(problems, ['AUTH: given "none"; allowed: one of on, off']);
});

for (const host of ["0.0.0.0", "::", "192.168.1.5", "localhost.example.com", "127.0.0.1.evil"]) {
  Deno.test(`${host} is refused with AUTH=on, with cause and cure`, () => {
    const [problem = "", ...others] = problemsOf({ INGEST_HOST: host });
    assert.equal(others.length, 0);
    assert.match(problem, /^INGEST_HOST: .*loopback.*anyone who can reach.*AUTH=off/);
    assert.equal(loadConfig({ INGEST_HOST: host, AUTH: "off" }).host, host);
  });
}

for (const host of ["::1", "127.0.0.2", "localhost", "Localhost"]) {
  Deno.test(`${host} is loopback`, () => {
    assert.equal(loadConfig({ INGEST_HOST: host }).host, host);
  });
}

Deno.test("a token that is wrong is not shown", () => {
  assert.doesNotMatch(problemsOf({ PUBLISH_TOKEN: "has a space" }).join(), /has a space/);
});

Deno.test("each setting's default is one it allows", () => {
  const defaults = Object.entries(INGEST_SETTINGS).map(([name, s]) => [name, s.default ?? ""]);
  assert.deepEqual(problemsOf(Object.fromEntries(defaults)), []);
});
