/** Why this browser plays nothing by WebCodecs; `undefined` when it does. */
export function missingWebCodecs(): string | undefined {
  if (typeof VideoDecoder === "function") return undefined;
  return globalThis.isSecureContext === false ? "is for https alone" : "is not in this browser";
}
