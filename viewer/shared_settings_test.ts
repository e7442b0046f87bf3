import assert from "node:assert/strict";
import { DEFAULT_SETTINGS } from "./playback_settings.ts";
import { SharedSettings } from "./shared_settings.ts";

Deno.test("what one player is set to, all others are told, and the next page remembers", () => {
  const stored = new Map<string, string>();
  const storage = () => ({
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
  const settings = new SharedSettings(storage);
  assert.deepEqual(settings.current, DEFAULT_SETTINGS);
  const told: string[] = [];
  const gone = new AbortController();
  settings.addEventListener("change", () => told.push(settings.current.wayChoice));
  settings.addEventListener("change", () => told.push("gone"), { signal: gone.signal });
  gone.abort();
  settings.change({ wayChoice: "mse", smoothingMs: 50 });
  assert.deepEqual(told, ["mse"]);
  assert.deepEqual(new SharedSettings(storage).current, { wayChoice: "mse", smoothingMs: 50 });
});
