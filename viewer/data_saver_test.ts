import assert from "node:assert/strict";
import { DATA_SAVER_KBPS, wantedMaxKbps } from "./data_saver.ts";

Deno.test("a rate is asked for only where the user saves data", () => {
  assert.equal(wantedMaxKbps({ connection: { saveData: true } }), DATA_SAVER_KBPS);
  const others = [{}, { connection: undefined }, { connection: null }, { connection: {} }, {
    connection: { saveData: false },
  }];
  for (const browser of others) assert.equal(wantedMaxKbps(browser), undefined);
});
