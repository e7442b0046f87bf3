import { type WayChoice, WAYS } from "./ways.ts";

/** How the user of this browser wants pictures to be played, of all cameras. */
export interface PlaybackSettings {
  readonly wayChoice: WayChoice;
  /** How long pictures may wait for even intervals, ms. */
  readonly smoothingMs: number;
}

/** Of `localStorage`, which a browser may refuse to give. */
export type SettingsStorage = Pick<Storage, "getItem" | "setItem">;

export const MAX_SMOOTHING_MS = 200;
export const DEFAULT_SETTINGS: PlaybackSettings = { wayChoice: "auto", smoothingMs: 0 };
const KEY = "porthole.playback";

/** What was remembered, as far as it can be made out. */
export function rememberedSettings(storage: () => SettingsStorage): PlaybackSettings {
  let known: unknown;
  try {
    known = JSON.parse(storage().getItem(KEY) ?? "{}");
  } catch {
    return DEFAULT_SETTINGS; // refused, or not what was written
  }
  if (typeof known !== "object" || known === null) return DEFAULT_SETTINGS;
  const { wayChoice, smoothingMs } = { ...DEFAULT_SETTINGS, ...known };
  return {
    wayChoice: wayChoiceOf(String(wayChoice)),
    smoothingMs: Math.min(MAX_SMOOTHING_MS, Math.max(0, Number(smoothingMs) || 0)),
  };
}

export function rememberSettings(settings: PlaybackSettings, storage: () => SettingsStorage): void {
  try {
    storage().setItem(KEY, JSON.stringify(settings));
  } catch {
    return; // refused, or full: they hold until the page is left
  }
}

/** What no way is called is automatic. */
export function wayChoiceOf(text: string): WayChoice {
  return WAYS.find((way) => way === text) ?? "auto";
}
