import { JPEG_RENDITION, LOW_RENDITION, MAIN_RENDITION } from "@porthole/protocol";
import { z } from "zod";
import { CODEC_MODES, MADE_RENDITIONS } from "./config.ts";

/** What may stand in one field of a camera. */
export interface Field {
  /** In words that end "…; allowed: ". */
  readonly allowed: string;
  readonly schema: z.ZodType;
  /** Whether a wrong value may be shown; an address may hold a password anywhere. */
  readonly isSecret?: true;
}

/** What people of other programs write for a yes or no, besides YAML's own words. */
const YES_OR_NO = z.union([
  z.boolean(),
  z.stringbool({ truthy: ["yes", "on"], falsy: ["no", "off"] }),
]);
/** The name of an environment variable (POSIX.1-2024, 8.1), in whatever case. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_NAME = 100;

/** The fields a camera may have in the file of cameras. */
export const CAMERA_FIELDS = {
  url: {
    allowed: "an rtsp:// or rtsps:// URL",
    schema: z.string(),
    isSecret: true,
  },
  url_env: { allowed: "the name of an environment variable", schema: z.string().regex(VARIABLE) },
  url_file: { allowed: "a file's path", schema: z.string().min(1).max(4096) },
  name: {
    allowed: `1 to ${LONGEST_NAME} characters on one line`,
    schema: z.string().regex(/^[^\p{Cc}]+$/u).max(LONGEST_NAME),
  },
  codec: { allowed: `one of ${CODEC_MODES.join(", ")}`, schema: z.enum(CODEC_MODES) },
  fps: { allowed: "a whole number from 1 to 120", schema: z.int().min(1).max(120) },
  size: {
    allowed: "the width of JPEGs at most, a whole number of px from 16 to 7680",
    schema: z.int().min(16).max(7680),
  },
  on_demand: { allowed: "true or false", schema: YES_OR_NO },
  renditions: {
    allowed: `a list of ${[MAIN_RENDITION, ...MADE_RENDITIONS].join(", ")}; main is always made`,
    schema: z.array(z.enum([MAIN_RENDITION, LOW_RENDITION, JPEG_RENDITION])),
  },
} as const satisfies Record<string, Field>;

export type CameraFieldName = keyof typeof CAMERA_FIELDS;

/** The values of those fields that are there. */
export type CameraFields = {
  readonly [Name in CameraFieldName]?: z.output<(typeof CAMERA_FIELDS)[Name]["schema"]>;
};

/** Fields that say where the camera is; one of them has to be there. */
export const ADDRESS_FIELDS = ["url", "url_env", "url_file"] as const;

export function isAddressField(name: string): boolean {
  return ADDRESS_FIELDS.some((field) => field === name);
}

/** Something wrong with one field, or with a camera as a whole. */
export interface FieldProblem {
  /** `undefined` for the camera as a whole. */
  readonly field: string | undefined;
  readonly cause: string;
}

/**
 * A camera's fields, each checked by itself.
 *
 * @param given what stands in the file or in a request: an address alone, or a map of fields
 * @param problems where what is wrong is added to
 */
export function readFields(given: unknown, problems: FieldProblem[]): CameraFields {
  if (typeof given === "string") return { url: given };
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    problems.push({ field: undefined, cause: "not a camera; give an rtsp:// URL, or fields" });
    return {};
  }
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isFieldName(name)) {
      const cause = `no such field; there are ${Object.keys(CAMERA_FIELDS).join(", ")}`;
      problems.push({ field: name, cause });
      continue;
    }
    const { schema, allowed, ...field }: Field = CAMERA_FIELDS[name];
    const parsed = schema.safeParse(value);
    if (parsed.success) fields[name] = parsed.data;
    else {
      const shown = field.isSecret ? "a value not shown here" : JSON.stringify(value);
      problems.push({ field: name, cause: `given ${shown}; allowed: ${allowed}` });
    }
  }
  return fields;
}

function isFieldName(name: string): name is CameraFieldName {
  return Object.hasOwn(CAMERA_FIELDS, name);
}
