import { STREAM_ID_PATTERN } from "@porthole/protocol";

/** What the address of the page asks for. */
export type Route =
  | { readonly page: "all" }
  | { readonly page: "one"; readonly streamId: string }
  | { readonly page: "invalid"; readonly streamId: string };

/** @param search the query of the page's address, e.g. `?stream=front` */
export function routeOf(search: string): Route {
  const streamId = new URLSearchParams(search).get("stream");
  if (streamId === null) return { page: "all" };
  return { page: STREAM_ID_PATTERN.test(streamId) ? "one" : "invalid", streamId };
}

/** The address that asks for it, from the page's own. */
export function addressOf(route: Route): string {
  return route.page === "all" ? "." : `?stream=${encodeURIComponent(route.streamId)}`;
}
