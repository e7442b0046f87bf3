const HIDDEN = "***";

/**
 * The user and password of a URL. After a colon everything up to the last `@` counts, for people
 * leave `@`, `/`, `?` and `#` in passwords as they are. Bounded so that no input makes it slow.
 */
const URL_USERINFO = /(:\/\/)(?:[^\s/?#:]{0,256}:\S{0,1024}@|[^\s/?#]*@)/g;
/** `?password=…`, `&pwd=…`, `_token=…` and their kin, in URLs and in prose. */
const SECRET_PARAMETER = /((?:pass(?:word|wd)?|pwd|secret|token|api_?key)=)[^\s&"']+/gi;
/** A signed token (RFC 7519): header and claims begin with `{"` in base64. */
const SIGNED_TOKEN = /\beyJ[\w-]{4,4096}\.[\w-]{4,4096}\.[\w-]{0,4096}/g;
const AUTHORIZATION = /\b(Bearer\s+|Authorization:\s*\w+\s+)[\w.~+/=-]+/gi;

/** Shorter values would blank out ordinary words; they are still caught by the patterns above. */
const SHORTEST_KNOWN_SECRET = 4;

/** Takes credentials out of a text that is about to leave the process. */
export type Redact = (text: string) => string;

/**
 * @param secrets values that must not appear whatever stands around them, such as the camera's
 * password; each is looked for as it is, percent-encoded, and escaped as a JSON string escapes it
 */
export function createRedact(secrets: readonly string[] = []): Redact {
  const known = [...new Set(secrets.flatMap(waysToWrite))]
    .filter((secret) => secret.length >= SHORTEST_KNOWN_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
    return withoutKnown
      .replace(URL_USERINFO, `$1${HIDDEN}@`)
      .replace(SECRET_PARAMETER, `$1${HIDDEN}`)
      .replace(AUTHORIZATION, `$1${HIDDEN}`)
      .replace(SIGNED_TOKEN, HIDDEN);
  };
}

function waysToWrite(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}
