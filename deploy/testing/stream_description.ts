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
  const response = await fetch(`${ingestUrl}api/streams/${stream}`);
  return await response.json();
}

/** `GET /metrics`, as JSON. */
export async function metricsOf(ingestUrl: string): Promise<Readonly<Record<string, number>>> {
  return await (await fetch(`${ingestUrl}metrics`)).json();
}
