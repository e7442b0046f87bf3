import { parse } from "yaml";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { ProducerMetrics } from "../../producer/metrics.ts";
import { answer } from "../../producer/metrics_server.ts";
import { kustomized, resourceOf } from "../testing/kustomized.ts";

const SCRAPE_FILE = fileURLToPath(new URL("prometheus.yml", import.meta.url));
const SHIPPED_SCRAPE_FILE = new URL("../prometheus/prometheus.yml", import.meta.url);
const MONITORING = "monitoring";
const NAMES = ["porthole-ingest", "porthole-producer"] as const;

/** Of a policy, in either direction. */
interface Rule {
  readonly from?: readonly unknown[];
  readonly to?: readonly unknown[];
  readonly ports?: readonly { readonly port?: number | string }[];
}

/** As much of a Prometheus's configuration as is asked for here, by what it calls it itself. */
interface ScrapeJob {
  readonly "job_name": string;
  readonly "static_configs"?: readonly { readonly targets: readonly string[] }[];
  readonly "dns_sd_configs"?: readonly {
    readonly names: readonly string[];
    readonly port: number;
  }[];
}

const all = await kustomized();
const jobsOf = async (file: string | URL): Promise<readonly ScrapeJob[]> =>
  parse(await Deno.readTextFile(file)).scrape_configs;

function containerOf(name: string) {
  const pod = new Deployment(resourceOf(all, "Deployment", name)).spec?.template.spec;
  const [container] = pod?.containers ?? [];
  assert.ok(container !== undefined);
  return container;
}

/** The one port that it has. */
function portOf(name: string): { readonly name: string | undefined; readonly number: number } {
  const [port, ...others] = containerOf(name).ports ?? [];
  assert.ok(port !== undefined && others.length === 0, `${name} has one port`);
  return { name: port.name, number: port.containerPort };
}

function settingsOf(name: string): Readonly<Record<string, string>> {
  return resourceOf(all, "ConfigMap", name).data ?? {};
}

function policyOf(name: string): NonNullable<NetworkPolicy["spec"]> {
  const { spec } = new NetworkPolicy(resourceOf(all, "NetworkPolicy", name));
  assert.deepEqual(spec?.podSelector?.matchLabels, { app: name });
  return spec;
}

/** By the label that every namespace has its name in. */
function letsNamespaceIn(name: string, namespace: string, port: number): boolean {
  return (policyOf(name).ingress ?? []).some(({ from, ports }) =>
    ports?.some((allowed) => allowed.port === port) &&
    JSON.stringify(from ?? []).includes(`"${namespace}"`)
  );
}

const address = (name: string, namespace: string | undefined) => `${name}.${namespace}.svc`;

Deno.test("a pod listens where its probes ask, and is started anew for its own death alone", async () => {
  for (const name of NAMES) {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(name);
    const { name: port } = portOf(name);
    const asked = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet);
    assert.deepEqual(asked.map((get) => get?.path), ["/healthz", "/healthz", "/readyz"], name);
    assert.ok(asked.every((get) => get?.port === port), `${name}: probes ask for ${port}`);
  }
  const { METRICS_HOST, METRICS_PORT } = settingsOf("porthole-producer");
  assert.deepEqual([METRICS_HOST, Number(METRICS_PORT)], [
    ...["0.0.0.0", portOf("porthole-producer").number],
  ]);
  assert.equal(portOf("porthole-ingest").number, Number(INGEST_SETTINGS.INGEST_PORT.default));
  using metrics = new ProducerMetrics();
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    const { status } = await answer(new Request(`http://127.0.0.1${path}`), metrics);
    assert.equal(status, 200, path);
  }
});

Deno.test("a service leads to its pods' port, whether they are ready or not", () => {
  for (const name of NAMES) {
    const { spec } = new Service(resourceOf(all, "Service", name));
    const port = portOf(name);
    assert.deepEqual(spec?.selector, { app: name });
    assert.equal(spec.publishNotReadyAddresses, true, name);
    assert.deepEqual(spec.ports?.map((own) => [own.port, own.targetPort]), [
      [port.number, port.name],
    ]);
  }
});

Deno.test("the producer may reach ingest where INGEST_URL says it is, and ingest lets it in", () => {
  const { hostname, port } = new URL(settingsOf("porthole-producer")["INGEST_URL"] ?? "");
  assert.equal(hostname, resourceOf(all, "Service", "porthole-ingest").metadata.name);
  assert.equal(Number(port), portOf("porthole-ingest").number);
  const portsFor = (app: string, rules: readonly Rule[] = []) =>
    rules.filter(({ from, to }) => JSON.stringify([from, to]).includes(`{"app":"${app}"}`))
      .flatMap(({ ports = [] }) => ports.map((own) => own.port));
  const out = portsFor("porthole-ingest", policyOf("porthole-producer").egress);
  assert.deepEqual(out, [Number(port)]);
  const into = portsFor("porthole-producer", policyOf("porthole-ingest").ingress);
  assert.deepEqual(into, [Number(port)]);
});

Deno.test("Prometheus is let in to what it is told to ask, under the names that alerts know", async () => {
  const { success, stderr } = await new Deno.Command("promtool", {
    args: ["check", "config", "--syntax-only", SCRAPE_FILE],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const jobs = await jobsOf(SCRAPE_FILE);
  const names = (some: readonly ScrapeJob[]) => some.map((job) => job["job_name"]);
  assert.deepEqual(names(jobs), names(await jobsOf(SHIPPED_SCRAPE_FILE)));
  for (const job of jobs) {
    const [name, fixed, named] = [job["job_name"], job["static_configs"], job["dns_sd_configs"]];
    const { namespace } = resourceOf(all, "Service", name).metadata;
    const { number } = portOf(name);
    const asked = [
      ...(fixed ?? []).flatMap(({ targets }) => targets),
      ...(named ?? []).flatMap((own) => own.names.map((host) => `${host}:${own.port}`)),
    ];
    assert.deepEqual(asked, [`${address(name, namespace)}:${number}`]);
    assert.ok(letsNamespaceIn(name, MONITORING, number), `${name} keeps Prometheus out`);
    assert.ok(!letsNamespaceIn(name, "default", number));
  }
});

Deno.test("a node can be drained of a pod that is not ready, too", () => {
  for (const name of NAMES) {
    const { spec } = new PodDisruptionBudget(resourceOf(all, "PodDisruptionBudget", name));
    assert.equal(spec?.maxUnavailable, 1);
    assert.equal(spec.unhealthyPodEvictionPolicy, "AlwaysAllow");
  }
});

Deno.test("ingest is allowed the memory that it goes by", () => {
  const allowed = containerOf("porthole-ingest").resources?.limits?.["memory"];
  const wanted = settingsOf("porthole-ingest")["MAX_MEMORY_MB"] ??
    INGEST_SETTINGS.MAX_MEMORY_MB.default;
  assert.equal(allowed, `${Number(wanted) / 1024}Gi`);
});
