const ANSWER_WITHIN_MS = 6000;

/** Why the server does not let this browser in. */
export interface Refusal {
  /** `login`: it does not say who it is, or not any more. `forbidden`: that is not enough. */
  readonly kind: "login" | "forbidden";
  /** In the server's words. */
  readonly reason: string;
}

/** What an answer refuses; `undefined` for one that does not, or for other reasons. */
export async function refusalIn(response: Response): Promise<Refusal | undefined> {
  const { status } = response;
  if (status !== 401 && status !== 403) {
    await response.body?.cancel();
    return undefined;
  }
  return { kind: status === 401 ? "login" : "forbidden", reason: await reasonIn(response) };
}

/**
 * Asks the server whether it refuses this browser, for a WebSocket that is refused is told nothing
 * but that. `undefined` also when the server cannot be asked.
 *
 * @param token in the place of the cookie
 */
export async function askForRefusal(url: string, token?: string): Promise<Refusal | undefined> {
  const who: RequestInit = token === undefined
    ? { credentials: "include" }
    : { credentials: "omit", headers: { authorization: `Bearer ${token}` } };
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    return await refusalIn(await fetch(url, { ...who, signal }));
  } catch {
    return undefined; // no network, or no answer: what the caller met already
  }
}

/** The message of an error's body, or the status where there is none. */
export async function reasonIn(response: Response): Promise<string> {
  try {
    const body: { readonly error?: { readonly message?: unknown } } | null = await response.json();
    const message = body?.error?.message;
    if (typeof message === "string") return message;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // not JSON: a proxy's answer
  }
  return `the server answered ${response.status}`;
}
