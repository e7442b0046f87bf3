/** What `GET /api/streams/:stream` says of a stream's state. */
export interface StreamDescription {
  readonly state: string;
  readonly cause: string;
  readonly viewers: number;
}

/** @param ingestUrl with its slash at the end */
export async function describeStream(
  ingestUrl: string,
  stream = "default",
): Promise<StreamDescription> {
  return await askOnce(`${ingestUrl}api/streams/${stream}`);
}

/** `GET /metrics`, as JSON. */
export async function metricsOf(ingestUrl: string): Promise<Readonly<Record<string, number>>> {
  return await askOnce(`${ingestUrl}metrics`);
}

/** On a connection that is closed then: one that is kept alive would count as a descriptor. */
async function askOnce<T>(url: string): Promise<T> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return await (await fetch(url, { client })).json();
}
