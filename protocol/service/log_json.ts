import type { LogRecord } from "@logtape/logtape";
import { errorChain } from "./log.ts";
import type { Redact } from "./redact.ts";

const HIDDEN = "***";

/**
 * A record as one line of JSON: `time` (ISO 8601), `level`, `part`, `event`, and the fields. Secrets
 * are taken out of each text by itself: of a whole line a hidden header would take the rest with it.
 */
export function jsonLine(record: LogRecord, redact: Redact): string {
  const { timestamp, level, category, message, properties } = record;
  const time = new Date(timestamp).toISOString();
  const part = category.slice(1).join(".");
  const whole = { time, level, part, event: message.join(""), ...properties };
  const written = (name: string, value: unknown) => writable(name, value, redact);
  try {
    return JSON.stringify(whole, written);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // Something contains itself.
    return JSON.stringify(Object.fromEntries(
      Object.entries(whole).map(([name, value]) => [
        name,
        written(name, typeof value === "object" ? Deno.inspect(value) : value),
      ]),
    ));
  }
}

function writable(name: string, value: unknown, redact: Redact): unknown {
  if (value instanceof Error) return redact(errorChain(value));
  if (typeof value === "string") return isSecret(name, redact) ? HIDDEN : redact(value);
  return typeof value === "bigint" ? String(value) : value;
}

/** Whether what has this name is hidden whatever it is. */
function isSecret(name: string, redact: Redact): boolean {
  const any = JSON.stringify({ [name]: "Digest any" });
  return redact(any) !== any;
}
