/**
 * What Porthole services do alike: settings, ranges of addresses, logs without secrets, shutdown.
 *
 * @module
 */
export * from "./address_list.ts";
export * from "./log.ts";
export * from "./redact.ts";
export * from "./run_service.ts";
export * from "./settings.ts";
export * from "./shutdown.ts";
export * from "./sleep.ts";
export * from "./tracing.ts";
export * from "./url_host.ts";
