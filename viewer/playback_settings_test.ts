import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, rememberedSettings, rememberSettings } from "./playback_settings.ts";

class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
}

Deno.test("what was chosen is remembered", () => {
  const storage = new FakeStorage();
  rememberSettings({ wayChoice: "mse", smoothingMs: 100 }, () => storage);
  assert.deepEqual(rememberedSettings(() => storage), { wayChoice: "mse", smoothingMs: 100 });
});

Deno.test("what cannot be read, or is out of bounds, does no harm", () => {
  const storage = new FakeStorage();
  assert.deepEqual(rememberedSettings(() => storage), DEFAULT_SETTINGS);
  for (const known of ["{", "7", "null", '{"wayChoice":"x","smoothingMs":"y"}', "[]"]) {
    const kept = () => known;
    assert.deepEqual(rememberedSettings(() => ({ getItem: kept, setItem() {} })), DEFAULT_SETTINGS);
  }
  const tooMuch = () => '{"smoothingMs":9e9}';
  const { smoothingMs } = rememberedSettings(() => ({ getItem: tooMuch, setItem() {} }));
  assert.equal(smoothingMs, 200);
});

Deno.test("a browser that lets nothing be remembered plays all the same", () => {
  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  assert.deepEqual(rememberedSettings(refuse), DEFAULT_SETTINGS);
  rememberSettings(DEFAULT_SETTINGS, refuse);
});
