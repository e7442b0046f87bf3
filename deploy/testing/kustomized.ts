import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** As much of a Kubernetes resource as all of them have. */
export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
}

const BASE = fileURLToPath(new URL("../k8s/", import.meta.url));

/** What `kubectl apply -k` would send. @param folder by default deploy/k8s */
export async function kustomized(folder = BASE): Promise<readonly Resource[]> {
  const { success, stdout, stderr } = await new Deno.Command("kubectl", {
    args: ["kustomize", folder],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return parseAllDocuments(new TextDecoder().decode(stdout)).map((document) => document.toJS());
}

/** @param name with or without the hash that kustomize adds to a ConfigMap's */
export function resourceOf(all: readonly Resource[], kind: string, name: string): Resource {
  const found = all.find(({ kind: own, metadata }) =>
    own === kind &&
    (kind === "ConfigMap" ? metadata.name.startsWith(`${name}-`) : metadata.name === name)
  );
  assert.ok(found !== undefined, `there is no ${kind} ${name}`);
  return found;
}
