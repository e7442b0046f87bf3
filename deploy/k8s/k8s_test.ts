import { environmentNames } from "@porthole/protocol/service";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { PRODUCER_SETTINGS } from "../../producer/config.ts";
import { kustomized, type Resource, resourceOf } from "../testing/kustomized.ts";

const FOLDER = new URL("./", import.meta.url);
const SETTINGS = { ingest: INGEST_SETTINGS, producer: PRODUCER_SETTINGS };
/** What a stop takes at most, and as much again. */
const GOODBYE_SECONDS = 4;
const KINDS = {
  ConfigMap,
  Deployment,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Secret,
  Service,
};

const secretExample = async (): Promise<Resource & { stringData: Record<string, string> }> =>
  parse(await Deno.readTextFile(new URL("secret.example.yaml", FOLDER)));
const isKind = (kind: string): kind is keyof typeof KINDS => kind in KINDS;

Deno.test("every resource is what Kubernetes' own schema allows", async () => {
  const all = [...await kustomized(), await secretExample()];
  const seen = new Set(all.map(({ kind }) => kind));
  assert.deepEqual([...seen].toSorted(), Object.keys(KINDS).toSorted());
  for (const resource of all) {
    assert.ok(isKind(resource.kind));
    const kind = KINDS[resource.kind];
    const { name } = resource.metadata;
    assert.doesNotThrow(() => new kind(structuredClone(resource)).validate(), name);
  }
});

Deno.test("a deployment is restricted, is probed, and is given secrets that the example has", async () => {
  const all = await kustomized();
  const { stringData } = await secretExample();
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const { spec } = new Deployment(resourceOf(all, "Deployment", `porthole-${name}`));
    const pod = spec?.template.spec;
    const [container] = pod?.containers ?? [];
    assert.ok(spec !== undefined && pod !== undefined && container !== undefined);
    assert.equal(spec.strategy?.type, "Recreate");
    assert.equal(pod.securityContext?.runAsNonRoot, true);
    assert.equal(pod.securityContext?.seccompProfile?.type, "RuntimeDefault");
    assert.equal(container.securityContext?.allowPrivilegeEscalation, false);
    assert.equal(container.securityContext?.readOnlyRootFilesystem, true);
    assert.deepEqual(container.securityContext?.capabilities?.drop, ["ALL"]);
    assert.ok(container.resources?.limits?.["memory"] !== undefined);
    const given = pod.volumes?.find((volume) => volume.name === "secrets")?.secret?.items ?? [];
    const mount = container.volumeMounts?.find((volume) => volume.name === "secrets")?.mountPath;
    const known = environmentNames(Object.keys(settings));
    for (const { name: variable, value } of container.env ?? []) {
      assert.ok(known.includes(variable), variable);
      assert.ok(given.some(({ path }) => `${mount}/${path}` === value), `${value} is not mounted`);
    }
    for (const { key } of given) assert.ok(key in stringData, key);
    const configured = resourceOf(all, "ConfigMap", `porthole-${name}`);
    const unknown = Object.keys(configured.data ?? { none: "" })
      .filter((variable) => !known.includes(variable));
    assert.deepEqual(unknown, []);
  }
});

Deno.test("ingest has the time to drain and say goodbye before it is killed", async () => {
  const all = await kustomized();
  const { spec } = new Deployment(resourceOf(all, "Deployment", "porthole-ingest"));
  const configured = resourceOf(all, "ConfigMap", "porthole-ingest");
  const { DRAIN_SECONDS = INGEST_SETTINGS.DRAIN_SECONDS.default } = configured.data ?? {};
  const graceSeconds = spec?.template.spec?.terminationGracePeriodSeconds ?? 0;
  assert.ok(graceSeconds >= Number(DRAIN_SECONDS) + GOODBYE_SECONDS);
});

Deno.test("no secret is part of the base", async () => {
  const kinds = (await kustomized()).map(({ kind }) => kind);
  assert.ok(!kinds.includes("Secret"));
});
