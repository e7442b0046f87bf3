import type { CameraStatus } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createHash, timingSafeEqual } from "node:crypto";
import type { CameraDesk } from "./camera_desk.ts";
import {
  ADDRESS_FIELDS,
  type CameraFields,
  type FieldProblem,
  isAddressField,
  readFields,
} from "./camera_fields.ts";
import { CameraFileError, problemOfId, urlOf } from "./camera_file.ts";
import { CameraFileWriteError } from "./camera_file_store.ts";
import type { CameraFleet, FleetCamera } from "./camera_fleet.ts";

export interface ControlDeps {
  readonly desk: CameraDesk;
  readonly fleet: CameraFleet;
  readonly token: string;
}

/** A camera as it is told to whoever may change it, who need not know its password. */
export interface CameraDescription {
  readonly id: string;
  readonly name: string;
  /** Host and port. What follows them in a camera's URL is often a password too. */
  readonly address: string;
  /** Where the URL is written down. */
  readonly source: (typeof ADDRESS_FIELDS)[number];
  readonly codec: string;
  readonly fps: number;
  readonly size: number;
  readonly "on_demand": boolean;
  readonly renditions: readonly string[];
  readonly state: CameraStatus["state"] | "standby";
  readonly cause: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const BEARER = /^Bearer +(\S+)$/i;
/** Others' choices of addresses are addresses: files and variables are the machine owner's. */
const NO_SOURCES = { env: () => undefined, file: () => "" };

const log = logFor("producer", "control");

/** `GET`, `PUT` and `DELETE /api/cameras/:id` for whoever has the token. */
export function controlApi(deps: ControlDeps): Hono {
  const api = new Hono();
  api.use(async (context, next) => {
    if (!isToken(BEARER.exec(context.req.header("authorization") ?? "")?.[1], deps.token)) {
      const words = "send the producer's CONTROL_TOKEN as `Authorization: Bearer …`";
      return refuse(context, 401, "unauthorized", words);
    }
    return await next();
  });
  api.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) => refuse(context, 413, "too_large", `at most ${MAX_BODY_BYTES} bytes`),
  }));
  api.get(
    "/api/cameras",
    (context) =>
      context.json({ cameras: deps.fleet.cameras.map((camera) => describe(camera, deps.desk)) }),
  );
  api.get("/api/cameras/:id", (context) => {
    const camera = deps.fleet.get(context.req.param("id"));
    return camera === undefined ? unknown(context) : context.json(describe(camera, deps.desk));
  });
  api.put("/api/cameras/:id", (context) => put(context, context.req.param("id"), deps));
  api.delete("/api/cameras/:id", async (context) => {
    const id = context.req.param("id");
    if (deps.fleet.get(id) === undefined) return unknown(context);
    await deps.desk.remove(id);
    return context.body(null, 204);
  });
  api.notFound((context) => refuse(context, 404, "not_found", "there is /api/cameras/:id"));
  api.onError((error, context) => {
    // Not its message alone: the file's own lines say what to mend.
    if (error instanceof CameraFileError) return refuse(context, 409, "file_broken", error.message);
    if (error instanceof CameraFileWriteError) {
      log.error("a change of cameras cannot be kept", { cause: error });
      return refuse(context, 503, "file_not_writable", error.message);
    }
    log.error("a request failed", { cause: error });
    return refuse(context, 500, "internal", "a fault of the producer; see its log");
  });
  return api;
}

async function put(context: Context, id: string, deps: ControlDeps): Promise<Response> {
  const idProblem = problemOfId(id);
  if (idProblem !== undefined) return refuse(context, 400, "invalid_camera", idProblem);
  let given: unknown;
  try {
    given = JSON.parse(await context.req.text());
  } catch {
    return refuse(context, 400, "malformed", "the body is not JSON"); // its text may hold a password
  }
  const problems: FieldProblem[] = [];
  const fields = fieldsToKeep(readFields(given, problems), deps.desk.fieldsOf(id), problems);
  if (problems.length > 0) {
    const words = problems.map(({ field, cause }) =>
      field === undefined ? cause : `${field}: ${cause}`
    );
    return refuse(context, 400, "invalid_camera", words.join("; "));
  }
  const isNew = await deps.desk.put(id, fields);
  const camera = deps.fleet.get(id);
  if (camera === undefined) return unknown(context); // ended by another request meanwhile
  return context.json(describe(camera, deps.desk), isNew ? 201 : 200);
}

/** As asked for; without an address, with the one that the camera has. */
function fieldsToKeep(
  fields: CameraFields,
  present: CameraFields | undefined,
  problems: FieldProblem[],
): CameraFields {
  for (const field of ["url_env", "url_file"] as const) {
    if (fields[field] === undefined) continue;
    problems.push({
      field,
      cause: "names something of the producer's machine: set it in the file",
    });
  }
  if (fields.url !== undefined || present === undefined) {
    urlOf(fields, NO_SOURCES, problems);
    return fields;
  }
  const address = Object.entries(present).filter(([name]) => isAddressField(name));
  return { ...Object.fromEntries(address), ...fields };
}

function describe({ config, status }: FleetCamera, desk: CameraDesk): CameraDescription {
  const { name, camera, jpeg, isOnDemand, renditions, uplink } = config;
  const fields = desk.fieldsOf(uplink.streamId);
  return {
    id: uplink.streamId,
    name,
    address: new URL(camera.url).host,
    source: ADDRESS_FIELDS.find((field) => fields?.[field] !== undefined) ?? "url",
    codec: camera.codecMode,
    fps: jpeg.targetFps,
    size: jpeg.maxWidthPx,
    "on_demand": isOnDemand,
    renditions: ["main", ...renditions],
    state: status.standby === true ? "standby" : status.state,
    cause: status.cause,
  };
}

/** In constant time: how much of a guess is right is not told by how long the answer takes. */
function isToken(given: string | undefined, token: string): boolean {
  if (given === undefined) return false;
  const [one, other] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function unknown(context: Context): Response {
  return refuse(context, 404, "unknown_camera", "no such camera");
}

function refuse(
  context: Context,
  status: 400 | 401 | 404 | 409 | 413 | 500 | 503,
  code: string,
  message: string,
): Response {
  return context.json({ error: { code, message } }, status);
}
