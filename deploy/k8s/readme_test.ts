import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { Service } from "kubernetes-models/v1/Service";
import { parse } from "yaml";
import { kustomized, resourceOf } from "../testing/kustomized.ts";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const OVERLAY = "mine/kustomization.yaml";

/** The README's block of YAML with that in it. */
async function blockWith(text: string): Promise<string> {
  const readme = await Deno.readTextFile(join(FOLDER, "README.md"));
  const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  const [found, ...others] = blocks.filter((block) => block.includes(text));
  assert.ok(found !== undefined && others.length === 0, `one block has ${text}`);
  return found;
}

Deno.test("the overlay of the README gives the producer its images, its settings and many cameras", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const base = join(folder, "porthole/deploy/k8s");
    await Deno.mkdir(base, { recursive: true });
    for await (const { name } of Deno.readDir(FOLDER)) {
      if (name.endsWith(".yaml")) await Deno.copyFile(join(FOLDER, name), join(base, name));
    }
    await Deno.mkdir(join(folder, dirname(OVERLAY)));
    await Deno.writeTextFile(join(folder, OVERLAY), await blockWith(`# ${OVERLAY}\n`));
    const all = await kustomized(join(folder, dirname(OVERLAY)));
    const settings = resourceOf(all, "ConfigMap", "porthole-producer").data ?? {};
    const file = settings["CONFIG"] ?? "";
    assert.ok(settings["METRICS_PORT"] !== undefined, "the base's settings are still there");
    const deployment = new Deployment(resourceOf(all, "Deployment", "porthole-producer"));
    deployment.validate();
    const pod = deployment.spec?.template.spec;
    const [producer] = pod?.containers ?? [];
    assert.equal(producer?.image, "registry.mine.example/porthole-producer:0.1.0");
    assert.deepEqual(producer.env?.map(({ name }) => name), ["PUBLISH_TOKEN_FILE"]);
    const mount = producer.volumeMounts?.find(({ mountPath }) => mountPath === dirname(file));
    const volume = pod?.volumes?.find(({ name }) => name === mount?.name);
    assert.equal(volume?.secret?.secretName, "cameras");
    const secrets = pod?.volumes?.find(({ name }) => name === "secrets")?.secret?.items ?? [];
    assert.deepEqual(secrets.map(({ key }) => key), ["publish-token"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the ingress of the README leads to ingest's service", async () => {
  const ingress = new Ingress(parse(await blockWith("kind: Ingress\n")));
  ingress.validate();
  const [rule] = ingress.spec?.rules ?? [];
  const backend = rule?.http?.paths[0]?.backend.service;
  const all = await kustomized();
  const service = resourceOf(all, "Service", backend?.name ?? "");
  assert.equal(ingress.metadata?.namespace, service.metadata.namespace);
  const ports = new Service(service).spec?.ports?.map(({ name }) => name);
  assert.ok(ports?.includes(backend?.port?.name));
});
