import { reasonIn } from "./refusal.ts";

const ANSWER_WITHIN_MS = 10_000;

/** What a signed token looks like: three parts, the first of which begins with `{"`. */
const TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;

/** What is posted for what somebody typed, or pasted. */
export function credentialsOf(typed: string): { token: string } | { password: string } {
  const token = typed.trim();
  return TOKEN.test(token) ? { token } : { password: typed };
}

/** The token of a share link, `…/?stream=door#token=…`; `undefined` for any other address. */
export function sharedTokenIn(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? undefined;
}

/** Logs this browser in. Returns why not, in words, or `undefined`. */
export async function logIn(
  sessionUrl: URL,
  credentials: { token: string } | { password: string },
): Promise<string | undefined> {
  try {
    const response = await fetch(sessionUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(credentials),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) return await whyNot(response);
    await response.body?.cancel();
    return undefined;
  } catch (cause) {
    return `The server cannot be asked: ${cause instanceof Error ? cause.message : cause}`;
  }
}

export async function logOut(sessionUrl: URL): Promise<void> {
  const response = await fetch(sessionUrl, { method: "DELETE" });
  await response.body?.cancel();
}

/** Whether this browser is logged in, where that is needed at all. */
export async function isLoggedIn(sessionUrl: URL): Promise<boolean> {
  const response = await fetch(sessionUrl, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!response.ok) {
    await response.body?.cancel();
    return false;
  }
  const answer: { readonly login?: unknown } | null = await response.json();
  return answer?.login === true;
}

async function whyNot(response: Response): Promise<string> {
  const reason = await reasonIn(response);
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const sentence = reason.charAt(0).toUpperCase() + reason.slice(1);
  return Number.isFinite(seconds) ? `${sentence}: try again in ${seconds} s` : sentence;
}
