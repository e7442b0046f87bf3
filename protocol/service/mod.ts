/**
 * What every Porthole service does alike: settings, logs without secrets, shutdown.
 *
 * @module
 */
export * from "./log.ts";
export * from "./redact.ts";
export * from "./run_service.ts";
export * from "./settings.ts";
export * from "./shutdown.ts";
export * from "./sleep.ts";
