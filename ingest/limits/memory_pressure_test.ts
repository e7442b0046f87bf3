import assert from "node:assert/strict";
import { MemoryPressure } from "./memory_pressure.ts";

Deno.test("memory is short from 80 %, scarce from 90 %, and enough again 5 % below", () => {
  const pressure = new MemoryPressure(1_000);
  const looks: [usedBytes: number, level: string][] = [
    [100, "enough"],
    [799, "enough"],
    [800, "short"],
    [760, "short"],
    [749, "enough"],
    [799, "enough"],
    [899, "short"],
    [900, "scarce"],
    [860, "scarce"],
    [849, "short"],
    [740, "enough"],
    [2_000, "scarce"],
    [0, "enough"],
  ];
  for (const [usedBytes, level] of looks) {
    assert.equal(pressure.look(usedBytes), level, String(usedBytes));
  }
});
