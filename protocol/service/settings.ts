import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";
import { z } from "zod";
import { MisuseError } from "./run_service.ts";

/** One setting of a service: read from the environment, checked, with one documented default. */
export interface Setting<T> {
  /** As it stands in `.env.example`; `undefined` when the setting is required. */
  readonly default: string | undefined;
  /** What is allowed, in words that end "…; allowed: ". */
  readonly allowed: string;
  readonly schema: z.ZodType<T, string>;
  /** For secrets: what of a wrong value an error may show. */
  readonly show?: (given: string) => string;
}

export type Env = Readonly<Record<string, string | undefined>>;

type SettingValues<S> = { [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never };

/** Settings that are missing or wrong, all of them at once. */
export class SettingsError extends MisuseError {
  override readonly name = "SettingsError";

  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length} setting${problems.length === 1 ? " is" : "s are"} missing or wrong:\n` +
        problems.map((problem) => `  ${problem}`).join("\n") +
        "\nSettings come from the environment or from .env; .env.example lists them all.",
    );
  }
}

/**
 * The values of `settings` in `env`; an empty value counts as unset.
 *
 * @throws {SettingsError} with a line a problem: the name, what was given, what is allowed
 */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  settings: S,
  env: Env,
): SettingValues<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const given = env[name]?.trim() || setting.default;
    if (given === undefined) {
      problems.push(`${name}: not set; allowed: ${setting.allowed}`);
      continue;
    }
    const parsed = setting.schema.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else {
      const shown = setting.show?.(given) ?? JSON.stringify(given);
      problems.push(`${name}: given ${shown}; allowed: ${setting.allowed}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as SettingValues<S>;
}

export function integer(fallback: number, min: number, max: number): Setting<number> {
  return {
    default: String(fallback),
    allowed: `a whole number from ${min} to ${max}`,
    schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max)),
  };
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  fallback: T[number],
  values: T,
): Setting<T[number]> {
  return {
    default: fallback,
    allowed: `one of ${values.join(", ")}`,
    schema: z.enum(values) as z.ZodType<T[number], string>,
  };
}

export function matching(
  fallback: string | undefined,
  pattern: RegExp,
  allowed: string,
): Setting<string> {
  return { default: fallback, allowed, schema: z.string().regex(pattern) };
}

/** Room for a signed token. */
const MAX_SECRET_CHARS = 4096;

/** A secret that may be left empty. */
export function optionalSecret(minChars = 8): Setting<string> {
  return {
    default: "",
    allowed: `${minChars} to ${MAX_SECRET_CHARS} printable characters without spaces, or nothing`,
    schema: z.string().regex(new RegExp(`^([\\x21-\\x7e]{${minChars},${MAX_SECRET_CHARS}})?$`)),
    show: () => "a value not shown here",
  };
}

/**
 * Settings that hold a secret, each of which a file may hold in its place, as Docker, Kubernetes and
 * systemd hand them over: `PUBLISH_TOKEN_FILE=/run/secrets/publish_token`.
 */
const SECRET_SETTINGS: readonly string[] = [
  "RTSP_URL",
  "PUBLISH_TOKEN",
  "WATCH_PASSWORD",
  "AUTH_SECRET",
  "CONTROL_TOKEN",
];
const FILE_SUFFIX = "_FILE";

/** All that {@link readEnvironment} looks at for settings of these names. */
export function environmentNames(names: readonly string[]): readonly string[] {
  return names.flatMap((name) =>
    SECRET_SETTINGS.includes(name) ? [name, `${name}${FILE_SUFFIX}`] : [name]
  );
}

/** The files that hold secrets in place of settings of these names. */
export function secretFilesOf(names: readonly string[], env: Env): readonly string[] {
  return environmentNames(names).filter((name) => !names.includes(name))
    .flatMap((name) => env[name]?.trim() || []);
}

/**
 * The values of `names`: of the environment, else of `.env` in the working directory, if there is
 * one; of a secret, else of the file that its name with `_FILE` names. Nothing else is asked for, so
 * that a service needs leave to read its own settings alone.
 *
 * @throws {MisuseError} when such a file cannot be read
 */
export function readEnvironment(names: readonly string[], path = ".env"): Env {
  const given = readVariables(environmentNames(names), path);
  return Object.fromEntries(
    names.map((name) => [name, given[name]?.trim() || secretOf(name, given)]),
  );
}

/** The same without looking into the files of secrets; their names are among what it returns. */
export function readVariables(names: readonly string[], path = ".env"): Env {
  const file: Env = existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? file[name]]));
}

function secretOf(name: string, given: Env): string | undefined {
  const variable = `${name}${FILE_SUFFIX}`;
  const path = given[variable]?.trim() ?? "";
  if (path === "") return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new MisuseError(`${variable}: ${path} cannot be read; give a file that can be`, {
      cause,
    });
  }
}

/** Fills the environment from `.env` in the working directory, if there is one; what is set stays. */
export function loadDotEnv(path = ".env"): void {
  if (!existsSync(path)) return;
  // Not process.loadEnvFile: Deno's overwrites what is set (seen in 2.9.6), Node's does not.
  for (const [name, value] of Object.entries(parseEnv(readFileSync(path, "utf8")))) {
    process.env[name] ??= value;
  }
}
