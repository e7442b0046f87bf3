/**
 * The protocol of Porthole: what travels between producer, ingest and viewer. SPEC.md is the
 * normative text. This module is free of schemas so that a browser bundle stays small; services
 * take those from `@porthole/protocol/schema`.
 *
 * @module
 */
export * from "./access_unit.ts";
export * from "./control.ts";
export * from "./drop_policy.ts";
export * from "./errors.ts";
export * from "./frame.ts";
export * from "./framing.ts";
export * from "./gop_cache.ts";
export * from "./h265.ts";
export * from "./in_flight.ts";
export * from "./jpeg.ts";
export * from "./limits.ts";
export * from "./structure.ts";
export * from "./time.ts";
export * from "./wire.ts";
