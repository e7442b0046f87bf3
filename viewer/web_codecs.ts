import { PLAINEST_H265 } from "./h265_support.ts";

/** Why this browser plays nothing by WebCodecs; `undefined` when it does. */
export function missingWebCodecs(): string | undefined {
  if (typeof VideoDecoder === "function") return undefined;
  return globalThis.isSecureContext === false ? "is for https alone" : "is not in this browser";
}

/** Whether this browser says that it plays H.265 by WebCodecs. */
export async function webCodecsPlayH265(): Promise<boolean> {
  if (missingWebCodecs() !== undefined) return false;
  const { supported } = await VideoDecoder.isConfigSupported({ codec: PLAINEST_H265 });
  return supported === true;
}
