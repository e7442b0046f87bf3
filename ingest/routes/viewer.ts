import { Hono } from "hono";
import { join } from "node:path";
import { errorResponse } from "../http_error.ts";

/** The viewer's files and no others, whatever a path asks for. */
const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/main.js": { file: "main.js", type: "text/javascript; charset=utf-8" },
  "/main.js.map": { file: "main.js.map", type: "application/json" },
  "/decode_worker.js": { file: "decode_worker.js", type: "text/javascript; charset=utf-8" },
  "/decode_worker.js.map": { file: "decode_worker.js.map", type: "application/json" },
  "/embed.js": { file: "embed.js", type: "text/javascript; charset=utf-8" },
  "/embed.js.map": { file: "embed.js.map", type: "application/json" },
  "/embed.d.ts": { file: "embed.d.ts", type: "text/plain; charset=utf-8" },
  "/embed.html": { file: "embed.html", type: "text/html; charset=utf-8" },
  "/embed_example.js": { file: "embed_example.js", type: "text/javascript; charset=utf-8" },
  "/embed_example.css": { file: "embed_example.css", type: "text/css; charset=utf-8" },
  "/watch.js": { file: "watch.js", type: "text/javascript; charset=utf-8" },
  "/watch.js.map": { file: "watch.js.map", type: "application/json" },
  "/watch.d.ts": { file: "watch.d.ts", type: "text/plain; charset=utf-8" },
  "/media_source.js": { file: "media_source.js", type: "text/javascript; charset=utf-8" },
  "/media_source.js.map": { file: "media_source.js.map", type: "application/json" },
  "/latency_chart.js": { file: "latency_chart.js", type: "text/javascript; charset=utf-8" },
  "/latency_chart.js.map": { file: "latency_chart.js.map", type: "application/json" },
  "/uplot.css": { file: "uplot.css", type: "text/css; charset=utf-8" },
  "/style.css": { file: "style.css", type: "text/css; charset=utf-8" },
  "/favicon.svg": { file: "favicon.svg", type: "image/svg+xml" },
};

/** `GET /` and what the page needs, read anew each time: a rebuilt viewer needs no restart. */
export function viewerRoutes(directory: string): Hono {
  const routes = new Hono();
  for (const [path, { file, type }] of Object.entries(FILES)) {
    routes.get(path, async (context) => {
      try {
        const content = await Deno.readFile(join(directory, file));
        return context.body(content, 200, {
          "content-type": type,
          "cache-control": "no-cache",
        });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        const cure = "the viewer is not built; run `deno task build:viewer`";
        return errorResponse(context, 503, "viewer_missing", cure);
      }
    });
  }
  return routes;
}
