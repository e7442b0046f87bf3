/**
 * Who may use a route: `public`, everyone; `session`, everyone but pages of other sites; `metrics`,
 * who may operate, and everyone where nobody is asked who they are; else whoever has that right.
 */
export type Rule = "public" | "session" | "publish" | "watch" | "operate" | "metrics";

/** Every route by method and pattern; one that is not here is closed to everyone. */
export const RULES: ReadonlyMap<string, Rule> = new Map([
  ["GET /", "public"],
  ["GET /main.js", "public"],
  ["GET /main.js.map", "public"],
  ["GET /decode_worker.js", "public"],
  ["GET /decode_worker.js.map", "public"],
  ["GET /embed.js", "public"],
  ["GET /embed.js.map", "public"],
  ["GET /embed.d.ts", "public"],
  ["GET /embed.html", "public"],
  ["GET /embed_example.js", "public"],
  ["GET /embed_example.css", "public"],
  ["GET /watch.js", "public"],
  ["GET /watch.js.map", "public"],
  ["GET /watch.d.ts", "public"],
  ["GET /media_source.js", "public"],
  ["GET /media_source.js.map", "public"],
  ["GET /style.css", "public"],
  ["GET /favicon.svg", "public"],
  ["GET /healthz", "public"],
  ["GET /readyz", "public"],
  ["POST /api/session", "session"],
  ["DELETE /api/session", "session"],
  ["GET /api/session", "watch"],
  ["POST /ingest", "publish"],
  ["POST /ingest/:stream", "publish"],
  ["GET /ws", "watch"],
  ["GET /ws/:stream", "watch"],
  ["GET /api/streams", "watch"],
  ["GET /api/streams/:stream", "watch"],
  ["GET /api/streams/:stream/snapshot.jpg", "watch"],
  ["GET /api/streams/:stream/mjpeg", "watch"],
  ["GET /api/streams/:stream/viewers", "operate"],
  ["GET /metrics", "metrics"],
]);
