import config from "./deno.json" with { type: "json" };

/** Of the viewer, as a bug report tells it. */
export const VERSION: string = config.version;
