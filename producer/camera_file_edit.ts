import { type Document, isAlias, isMap, isScalar, type YAMLMap } from "yaml";
import type { CameraFields } from "./camera_fields.ts";
import { parseYaml } from "./camera_file.ts";

/** The lines of a file are left as long as they are. */
const UNFOLDED = { lineWidth: 0 };

/**
 * The text of a file of cameras with one camera set to these fields and no others. What is about
 * other cameras stays as it was, comments and all; of this one, the comments at fields that stay.
 * Pure.
 *
 * @param text of a file that can be used
 */
export function withCamera(text: string, id: string, fields: CameraFields): string {
  return edited(text, (cameras, document) => {
    const present = cameras.get(id);
    const entries = Object.entries(fields);
    const [[onlyField, only] = []] = entries;
    if (isMap(present)) {
      const gone = present.items.map(({ key }) => isScalar(key) ? String(key.value) : "")
        .filter((name) => !Object.hasOwn(fields, name));
      for (const name of gone) present.delete(name);
      for (const [name, value] of entries) {
        const node = present.get(name, true);
        // What stands beside a value in a comment stays there.
        if (isScalar(node) && !Array.isArray(value)) node.value = value;
        else present.set(name, document.createNode(value));
      }
    } else if (entries.length === 1 && onlyField === "url") cameras.set(id, only);
    else cameras.set(id, document.createNode(fields));
  });
}

/** The text of a file of cameras without one. Pure. */
export function withoutCamera(text: string, id: string): string {
  return edited(text, (cameras) => void cameras.delete(id));
}

function edited(text: string, edit: (cameras: YAMLMap, document: Document.Parsed) => void): string {
  const document = parseYaml(text);
  const node = document.get("cameras", true);
  const cameras = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(cameras)) throw new TypeError("a file of cameras without cameras");
  // An empty map is written {}, and what is put into it would be in one line too.
  if (cameras.items.length === 0 && !isJson(text)) cameras.flow = false;
  edit(cameras, document);
  if (isJson(text)) return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
  return document.toString(UNFOLDED);
}

/** YAML's writer does not keep to JSON, which has no comments to lose. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // YAML, then: that it can be used is known
  }
}
