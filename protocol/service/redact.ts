const HIDDEN = "***";

/**
 * The user and password of a URL. After a colon everything up to the last `@` counts, for people
 * leave `@`, `/`, `?` and `#` in passwords as they are. Bounded so that no input makes it slow.
 */
const URL_USERINFO = /(:\/\/)(?:[^\s/?#:]{0,256}:\S{0,1024}@|[^\s/?#]*@)/g;
const SECRET_NAMES = "pass(?:word|wd|phrase)?|pwd|secret|token|jwt|signature|api_?key|private_?key";
const SECRET_NAME = new RegExp(`(?:${SECRET_NAMES}|^pw)$`, "i");
/** `?password=…`, `&pwd=…`, `_token=…` and their kin, in URLs and in prose. */
const SECRET_PARAMETER = new RegExp(`((?:${SECRET_NAMES}|\\bpw)=)[^\\s&"']+`, "gi");
/** `"password":"…"`, quoted once or, inside a quoted field of a log line, twice. */
const SECRET_PROPERTY = new RegExp(`((?:${SECRET_NAMES})\\\\?"\\s*:\\s*\\\\?")[^"\\\\\\s]+`, "gi");
const BEARER = /\b(Bearer\s+)[\w.~+/=-]+/gi;
/** `Authorization: Basic …`, as a header or a property; of Digest all, for its hash can be guessed at. */
const AUTHORIZATION =
  /\b(Authorization(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)(?:(Digest\s+)[^\r\n]+|(\w+\s+)[\w.~+/=-]+)/gi;
const COOKIE = /\b((?:Set-)?Cookie(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)[^\s"'\\][^\r\n"'\\]*/gi;
/** A signed token (RFC 7519) starts with `{"` in base64url, whatever it is called. */
const SIGNED_TOKEN = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g;

/** Shorter values would blank out ordinary words; they are still caught by the patterns above. */
const SHORTEST_KNOWN_SECRET = 4;

/** Takes credentials out of a text that is about to leave the process. */
export type Redact = (text: string) => string;

/**
 * @param secrets values that must not appear whatever stands around them, such as the camera's
 * password; each is looked for as it is, percent-encoded wholly or in part, in base64, and any of
 * that inside the quotes of JSON, or of JSON inside JSON
 */
export function createRedact(secrets: readonly string[] = []): Redact {
  const known = anyOf(secrets);
  return (text) => {
    const withoutKnown = known === undefined ? text : text.replace(known, HIDDEN);
    return withoutKnown
      .replace(URL_USERINFO, `$1${HIDDEN}@`)
      .replace(AUTHORIZATION, `$1$2$3${HIDDEN}`)
      .replace(BEARER, `$1${HIDDEN}`)
      .replace(COOKIE, `$1${HIDDEN}`)
      .replace(SIGNED_TOKEN, HIDDEN)
      .replace(SECRET_PROPERTY, `$1${HIDDEN}`)
      .replace(SECRET_PARAMETER, `$1${HIDDEN}`);
  };
}

/** What a URL's query says by names that secrets have: to be hidden wherever else it stands. */
export function secretsInQuery({ searchParams }: URL): string[] {
  return [...searchParams].filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value);
}

/** Of several that fit at one place the longest goes. */
function anyOf(secrets: readonly string[]): RegExp | undefined {
  const patterns = [...new Set(secrets)]
    .filter((secret) => secret.length >= SHORTEST_KNOWN_SECRET)
    .sort((a, b) => b.length - a.length)
    .flatMap((secret) => [...inBase64(secret), [...secret].map(waysToWrite).join("")]);
  return patterns.length === 0 ? undefined : new RegExp(patterns.join("|"), "gu");
}

/** One character as a pattern: itself, escaped in JSON once or twice, percent-encoded, or a `+`. */
function waysToWrite(character: string): string {
  const bytes = new TextEncoder().encode(character);
  const percent = Array.from(bytes, (byte) => `%${eitherCase(byte.toString(16).padStart(2, "0"))}`);
  const itself = RegExp.escape(character);
  const written = character === "\\" ? "\\\\{1,4}" : character === '"' ? '\\\\{0,3}"' : itself;
  return `(?:${written}|${percent.join("")}${character === " " ? "|\\+" : ""})`;
}

function eitherCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** In both alphabets; padding goes along where there is some. */
function inBase64(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  return (["base64", "base64url"] as const).map((alphabet) =>
    `${RegExp.escape(bytes.toBase64({ alphabet, omitPadding: true }))}={0,2}`
  );
}
