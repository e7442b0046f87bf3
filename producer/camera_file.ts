import { MAIN_RENDITION, STREAM_ID_PATTERN } from "@porthole/protocol";
import { errorChain, MisuseError } from "@porthole/protocol/service";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import {
  ADDRESS_FIELDS,
  type CameraFields,
  type FieldProblem,
  isAddressField,
  readFields,
} from "./camera_fields.ts";
import { type CameraEntry, cameraUrl, STREAM_ID_ALLOWED } from "./config.ts";

/** Where addresses come from that do not stand in the file itself. */
export interface AddressSources {
  /** The value of an environment variable; `undefined` while it is not set. */
  env(name: string): string | undefined;
  /** What stands in a file. @throws {Error} when it cannot be read */
  file(path: string): string;
}

/** A camera, and the fields that say so. */
export interface WrittenCamera extends CameraEntry {
  readonly fields: CameraFields;
}

/** One thing that is wrong with a file of cameras. */
export interface FileProblem {
  /** From 1 on. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, where in the structure, and what would be right. */
  readonly cause: string;
}

/** A file of cameras that cannot be used; all that is wrong with it, at once. */
export class CameraFileError extends MisuseError {
  override readonly name = "CameraFileError";

  constructor(path: string, readonly problems: readonly FileProblem[]) {
    const lines = problems.map(({ line, column, cause }) =>
      `  ${path}:${line}:${column}: ${cause}`
    );
    super(`${path} cannot be used:\n${lines.join("\n")}`);
  }
}

/** More is no file of cameras. */
export const MAX_FILE_CHARS = 1024 * 1024;
const MAX_CAMERAS = 1000;

/**
 * The cameras of a file, in YAML 1.2 or JSON, in its order.
 *
 * @param path for messages
 * @throws {CameraFileError} naming everything that is wrong, with its line
 */
export function parseCameraFile(
  text: string,
  path: string,
  sources: AddressSources,
): WrittenCamera[] {
  const reading = new FileReading(text);
  const cameras = reading.cameras();
  const entries = (cameras?.items ?? []).flatMap((pair) => reading.camera(pair, sources) ?? []);
  if (reading.problems.length > 0) throw new CameraFileError(path, inOrder(reading.problems));
  return entries;
}

/**
 * The variables and files that any camera names, in a file that need not be right: what it takes to
 * find out whether it is.
 */
export function namedInFile(text: string): {
  readonly variables: readonly string[];
  readonly files: readonly string[];
} {
  const reading = new FileReading(text);
  const fields = reading.cameras()?.items.map((pair) => reading.fieldsOf(pair)) ?? [];
  return {
    variables: [...new Set(fields.flatMap(({ url_env: name }) => name ?? []))],
    files: [...new Set(fields.flatMap(({ url_file: path }) => path ?? []))],
  };
}

/** As it is parsed for reading and for editing alike. */
export function parseYaml(text: string, lineCounter = new LineCounter()): Document.Parsed {
  return parseDocument(text, {
    lineCounter,
    // Its own words show the line itself, password and all.
    prettyErrors: false,
    merge: true,
    stringKeys: true,
  });
}

/** What refuses an id, in words; `undefined` for nothing. */
export function problemOfId(id: string): string | undefined {
  return STREAM_ID_PATTERN.test(id)
    ? undefined
    : `given ${JSON.stringify(id)} as a camera's id; allowed: ${STREAM_ID_ALLOWED}`;
}

type ValueNode = YAMLMap | Scalar | YAMLSeq | undefined;

class FileReading {
  readonly problems: FileProblem[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    const isTooLong = text.length > MAX_FILE_CHARS;
    this.#document = parseYaml(isTooLong ? "" : text, this.#lines);
    if (isTooLong) this.#add(0, `longer than ${MAX_FILE_CHARS} characters`);
    for (const { pos, message } of this.#document.errors) this.#add(pos[0], message);
  }

  /** The map of cameras, when there is one. */
  cameras(): YAMLMap | undefined {
    if (this.problems.length > 0) return undefined;
    const root = this.#document.contents;
    if (!isMap(root)) {
      return this.#add(0, "no cameras; it begins `cameras:`, and below that `door: rtsp://…`");
    }
    for (const { key } of root.items) {
      if (nameOf(key) !== "cameras") {
        this.#add(startOf(key), `${nameOf(key)}: no such field; there is cameras`);
      }
    }
    const cameras = this.#resolved(root.get("cameras", true));
    if (!isMap(cameras)) {
      const found = startOf(cameras) || startOf(root);
      return this.#add(found, "cameras: a map of ids, such as `door: rtsp://…`, or {} for none");
    }
    if (cameras.items.length > MAX_CAMERAS) {
      return this.#add(startOf(cameras), `cameras: more than ${MAX_CAMERAS}`);
    }
    return cameras;
  }

  /** As far as they are right. */
  fieldsOf({ value }: Pair): CameraFields {
    return readFields(this.#valueOf(this.#resolved(value), []), []);
  }

  camera({ key, value }: Pair, sources: AddressSources): WrittenCamera | undefined {
    const id = nameOf(key);
    const idProblem = problemOfId(id);
    if (idProblem !== undefined) return this.#add(startOf(key), `cameras: ${idProblem}`);
    const node = this.#resolved(value);
    const problems: FieldProblem[] = [];
    const fields = readFields(this.#valueOf(node, problems), problems);
    const url = urlOf(fields, sources, problems);
    for (const { field, cause } of problems) {
      const path = field === undefined ? `cameras.${id}` : `cameras.${id}.${field}`;
      this.#add(fieldStart(node, field) ?? startOf(key), `${path}: ${cause}`);
    }
    return url === undefined ? undefined : { ...entryOf(id, url, fields), fields };
  }

  #valueOf(node: ValueNode, problems: FieldProblem[]): unknown {
    try {
      return node?.toJS(this.#document);
    } catch (error) {
      // Of aliases: one that leads nowhere, or a few that stand for millions.
      if (!(error instanceof ReferenceError)) throw error;
      problems.push({ field: undefined, cause: error.message });
      return {};
    }
  }

  #resolved(node: unknown): ValueNode {
    if (isAlias(node)) return node.resolve(this.#document);
    return isMap(node) || isScalar(node) ? node : undefined;
  }

  #add(offset: number, cause: string): undefined {
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), cause });
  }
}

/** A camera of what its fields say. */
function entryOf(id: string, url: URL, fields: CameraFields): CameraEntry {
  const { name, codec, fps, size, on_demand: isOnDemand, renditions } = fields;
  return {
    id,
    url,
    ...(name === undefined ? {} : { name }),
    ...(codec === undefined ? {} : { codecMode: codec }),
    ...(fps === undefined ? {} : { targetFps: fps }),
    ...(size === undefined ? {} : { maxWidthPx: size }),
    ...(isOnDemand === undefined ? {} : { isOnDemand }),
    ...(renditions === undefined
      ? {}
      : { renditions: renditions.filter((made) => made !== MAIN_RENDITION) }),
  };
}

/**
 * The camera's address, from wherever it is said to be.
 *
 * @param problems where what is wrong with it is added to, unless they have that already
 */
export function urlOf(
  fields: CameraFields,
  sources: AddressSources,
  problems: FieldProblem[],
): URL | undefined {
  if (problems.some(({ field }) => field === undefined || isAddressField(field))) return undefined;
  const given = ADDRESS_FIELDS.filter((field) => fields[field] !== undefined);
  const [field, another] = given;
  if (field === undefined || another !== undefined) {
    const cause = field === undefined ? "no address" : `${given.join(" and ")} at a time`;
    problems.push({ field: another, cause: `${cause}; give one of ${ADDRESS_FIELDS.join(", ")}` });
    return undefined;
  }
  const found = addressText(fields, sources);
  if ("cause" in found) {
    problems.push({ field, cause: found.cause });
    return undefined;
  }
  const parsed = cameraUrl.schema.safeParse(found.text);
  if (parsed.success) return parsed.data;
  const shown = cameraUrl.show?.(found.text) ?? "a value not shown here";
  problems.push({ field, cause: `${found.where} ${shown}; allowed: ${cameraUrl.allowed}` });
  return undefined;
}

/** As they stand in the file. */
function inOrder(problems: readonly FileProblem[]): FileProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function addressText(
  { url, url_env: variable, url_file: path = "" }: CameraFields,
  sources: AddressSources,
): { readonly text: string; readonly where: string } | { readonly cause: string } {
  if (url !== undefined) return { text: url.trim(), where: "given" };
  try {
    if (variable === undefined) return { text: sources.file(path).trim(), where: `${path} holds` };
    const text = sources.env(variable)?.trim();
    return text === undefined || text === ""
      ? { cause: `${variable} is not set in the producer's environment` }
      : { text, where: `${variable} holds` };
  } catch (error) {
    const cause = error instanceof Deno.errors.NotCapable
      ? "was not named when the producer started; start it again, so that it may read it"
      : `cannot be read: ${errorChain(error)}`;
    return { cause: `${variable ?? path} ${cause}` };
  }
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}

function startOf(node: unknown): number {
  const range = isScalar(node) || isMap(node) ? node.range : undefined;
  return range?.[0] ?? 0;
}

/** Where a field of a camera begins; `undefined` where it is not, as when it was merged in. */
function fieldStart(node: unknown, field: string | undefined): number | undefined {
  if (!isMap(node) || field === undefined) return undefined;
  const pair = node.items.find(({ key }) => nameOf(key) === field);
  return pair === undefined ? undefined : startOf(pair.key);
}
