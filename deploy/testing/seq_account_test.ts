import assert from "node:assert/strict";
import fc from "fast-check";
import { SeqAccount } from "./seq_account.ts";

Deno.test("what was sent twice counts once, and what comes late after all is not missing", () => {
  const account = new SeqAccount();
  for (const seq of [10, 11, 15]) assert.ok(account.add(seq));
  assert.deepEqual([account.received, account.missing], [3, 3]);
  assert.deepEqual([10, 11, 12, 13, 14, 15].map((seq) => account.add(seq)), [
    ...[false, false, true, true, true, false],
  ]);
  assert.deepEqual([account.received, account.missing], [6, 0]);
});

Deno.test("after a new start smaller numbers are new, and what was missing stays so", () => {
  const account = new SeqAccount();
  account.add(100);
  account.add(102);
  account.startOver();
  assert.ok(account.add(3));
  assert.ok(account.add(4));
  assert.deepEqual([account.received, account.missing], [4, 1]);
  for (let seq = 5; seq <= 101; seq++) assert.ok(account.add(seq));
  assert.equal(account.missing, 1, "it is another frame of that number");
});

Deno.test("received and missing make up all from the first to the newest", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(300), { minLength: 1, maxLength: 200 }),
    (later) => {
      const account = new SeqAccount();
      const seqs = [0, ...later];
      for (const seq of seqs) account.add(seq);
      assert.equal(account.received, new Set(seqs).size);
      assert.equal(account.received + account.missing, Math.max(...seqs) + 1);
    },
  ));
});
