/** What a picture goes through, as far as its time is known, in order. */
export const STAGE_NAMES = ["uplink", "network", "decode", "paint"] as const;

export type StageName = typeof STAGE_NAMES[number];

export type LatencyStages = Readonly<Record<StageName, number>>;

/** Of the pictures of the last second, each the one in the middle, ms; `undefined` for unknown. */
export interface MeasuredLatency {
  /** From the producer having the picture to its painting. */
  readonly latencyMs: number | undefined;
  /** The part of it before the message was here. */
  readonly transportMs: number | undefined;
  /** From the message being here to the decoded picture. */
  readonly decodeMs: number | undefined;
  /** The part of `transportMs` before ingest had the frame, as ingest says. */
  readonly uplinkMs: number | undefined;
}

/**
 * Where the latency was spent: parts that add up to it. Each was measured by itself, and the parts
 * of the middle are not quite the middle of the parts, so the last of each side takes what is left.
 * `undefined` while the clocks, or what ingest says, are not known. Pure.
 */
export function latencyStages(measured: MeasuredLatency): LatencyStages | undefined {
  const { latencyMs, transportMs, decodeMs, uplinkMs } = measured;
  if (latencyMs === undefined || transportMs === undefined) return undefined;
  if (decodeMs === undefined || uplinkMs === undefined) return undefined;
  const onTheWay = Math.min(transportMs, latencyMs);
  const uplink = Math.min(uplinkMs, onTheWay);
  const here = latencyMs - onTheWay;
  const decode = Math.min(decodeMs, here);
  return { uplink, network: onTheWay - uplink, decode, paint: here - decode };
}
