import { install } from "@sinonjs/fake-timers";
import assert from "node:assert/strict";
import { eventually } from "../testing/eventually.ts";
import { meshPlaces, Peers } from "./peers.ts";
import { Questions } from "./questions.ts";

/** Peers of one worker, with nobody at the other ends. */
function alone(count: number): { peers: Peers } & Disposable {
  const [first = { index: 0, peers: [] }, ...others] = meshPlaces(count);
  const peers = new Peers(first);
  return {
    peers,
    [Symbol.dispose]() {
      peers[Symbol.dispose]();
      for (const { port } of others.flatMap((other) => other.peers)) port.close();
    },
  };
}

const ask = (id: number) => ({ type: "askMetrics", id }) as const;

Deno.test("the answers of all come at once when the last has come", async () => {
  using mesh = alone(3);
  using questions = new Questions<string>(mesh.peers);
  const [one, two] = mesh.peers.links;
  assert.ok(one && two);
  const [first, second] = [questions.ask(ask), questions.ask(ask)];
  questions.answered(1, "a", one);
  questions.answered(2, "c", one);
  questions.answered(1, "again", one);
  questions.answered(1, "b", two);
  questions.answered(2, "d", two);
  questions.answered(9, "to nobody", two);
  assert.deepEqual([await first, await second], [["a", "b"], ["c", "d"]]);
});

Deno.test("who has not answered after half a second is left out", async () => {
  using mesh = alone(3);
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    using questions = new Questions<string>(mesh.peers);
    const [one, two] = mesh.peers.links;
    assert.ok(one && two);
    const answers = questions.ask(ask);
    questions.answered(1, "a", one);
    await clock.tickAsync(500);
    assert.deepEqual(await answers, ["a"]);
    questions.answered(1, "late", two);
    assert.equal(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("a stop leaves nobody waiting", async () => {
  using mesh = alone(2);
  const questions = new Questions<string>(mesh.peers);
  const answers = questions.ask(ask);
  let isAnswered = false;
  void answers.then(() => isAnswered = true);
  questions[Symbol.dispose]();
  questions[Symbol.dispose]();
  await eventually("an answer", () => isAnswered);
  assert.deepEqual(await answers, []);
});
