import {
  configure,
  dispose,
  getLogger,
  getThrottlingFilter,
  type LogLevel,
  type LogRecord,
} from "@logtape/logtape";
import { jsonLine } from "./log_json.ts";
import type { Redact } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warning", "error", "fatal"] as const;
/** `auto` is `pretty` on a terminal and `json` elsewhere. */
export const LOG_FORMATS = ["auto", "json", "pretty"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The part of LogTape's logger that Porthole uses; tests pass one of their own. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface LoggingOptions {
  readonly level: LogLevel;
  /** Applied to every line, so that no caller can forget it. */
  readonly redact: Redact;
  /** `auto` by default. */
  readonly format?: LogFormat;
  /** What every record has besides its own fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Of one event, of one stream: enough to see what goes on, too few to fill a disk. */
const SAME_WITHIN_MS = 60_000;
const MAX_SAME = 60;
/** What takes the place of records that were too many. */
const SUPPRESSED = "more of the same was not logged";

/**
 * Sends this process's logs to standard error, one line a record: time, level, part, event, then the
 * fields; for people as `name=value`, for programs as JSON. What comes again and again is not logged
 * more than sixty times a minute; the next one after that is preceded by how many were not. Called
 * once, by `main.ts`; dispose to flush.
 */
export async function startLogging(options: LoggingOptions): Promise<AsyncDisposable> {
  const { level, redact, format = "auto", fields = {} } = options;
  const encoder = new TextEncoder();
  const isPretty = format === "pretty" || (format === "auto" && Deno.stderr.isTerminal());
  const write = (record: LogRecord) => {
    const whole = { ...record, properties: { ...record.properties, ...fields } };
    const line = isPretty ? redact(formatRecord(whole)) : jsonLine(whole, redact);
    Deno.stderr.writeSync(encoder.encode(`${line}\n`));
  };
  await configure({
    sinks: { stderr: write },
    filters: { repeats: repeatFilter(write) },
    loggers: [
      { category: "porthole", lowestLevel: level, sinks: ["stderr"], filters: ["repeats"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  return { [Symbol.asyncDispose]: dispose };
}

/** @param write takes the record that says how many were left out */
export function repeatFilter(
  write: (record: LogRecord) => void,
  clock: () => number = Date.now,
): ReturnType<typeof getThrottlingFilter> {
  return getThrottlingFilter({
    limit: MAX_SAME,
    windowMs: SAME_WITHIN_MS,
    clock,
    key: ({ category, rawMessage, properties }) =>
      [...category, String(rawMessage), properties["stream"]].join("\0"),
    summary: {
      logger: {
        warning: (_message, summary) => {
          const { lastRecord, suppressed } = summary as {
            lastRecord: LogRecord;
            suppressed: number;
          };
          const { rawMessage, properties: { stream } } = lastRecord;
          write({
            ...lastRecord,
            level: "warning",
            timestamp: clock(),
            message: [SUPPRESSED],
            rawMessage: SUPPRESSED,
            properties: { of: String(rawMessage), suppressed, stream },
          });
        },
      },
    },
  });
}

/** A logger for one part of a service, e.g. `logFor("producer", "uplink")`. */
export function logFor(...parts: readonly string[]): Log {
  return getLogger(["porthole", ...parts]);
}

/** A logger whose every line ends with these fields, such as which camera it is about. */
export function logWith(log: Log, fields: Readonly<Record<string, unknown>>): Log {
  return {
    debug: (message, own) => log.debug(message, { ...own, ...fields }),
    info: (message, own) => log.info(message, { ...own, ...fields }),
    warn: (message, own) => log.warn(message, { ...own, ...fields }),
    error: (message, own) => log.error(message, { ...own, ...fields }),
  };
}

export function formatRecord(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString();
  const level = record.level.slice(0, 4).toUpperCase();
  const part = record.category.slice(1).join(".");
  const fields = Object.entries(record.properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${formatValue(value)}`);
  return `${time} ${level} ${part}: ${record.message.join("")}${fields.join("")}`
    .replace(
      CONTROL_THAT_JSON_LEAVES,
      (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
    );
}

/** DEL and C1 (ECMA-48, 5.3): a terminal may take U+009B for the start of a command. */
const CONTROL_THAT_JSON_LEAVES = /[\x7f-\x9f]/g;

/** Control characters too: what a camera says must not move the cursor of a terminal. */
const NEEDS_QUOTES = /[\s"=\p{Cc}]/u;

function formatValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(errorChain(value));
  if (typeof value === "string") return NEEDS_QUOTES.test(value) ? JSON.stringify(value) : value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return JSON.stringify(Deno.inspect(value)); // a bigint, or what contains itself
  }
}

const LONGEST_CHAIN = 8;

/** An error's message with those of its causes: `cannot publish: connection refused`. */
export function errorChain(error: unknown, longest: number = LONGEST_CHAIN): string {
  if (!(error instanceof Error)) {
    return typeof error === "object" ? Deno.inspect(error) : String(error);
  }
  const all = error instanceof AggregateError ? [error.cause, ...error.errors] : [error.cause];
  const causes = all.filter((cause) => cause !== undefined);
  if (causes.length === 0) return error.message;
  // An error may be its own cause, by a detour.
  const rest = longest > 1 ? causes.map((cause) => errorChain(cause, longest - 1)) : ["…"];
  return [error.message, rest.join(", ")].filter((text) => text !== "").join(": ");
}
