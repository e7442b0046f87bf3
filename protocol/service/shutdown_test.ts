import assert from "node:assert/strict";

const SHUTDOWN = new URL("./shutdown.ts", import.meta.url).href;

/** A process that listens, says `ready`, and does `then` once it was asked to stop. */
function listener(then: string): Deno.ChildProcess {
  const script = `
    import { listenForShutdown } from ${JSON.stringify(SHUTDOWN)};
    using shutdown = listenForShutdown();
    const alive = setInterval(() => {}, 1000);
    const asked = new Promise((resolve) => shutdown.signal.addEventListener("abort", resolve));
    Deno.stdout.writeSync(new TextEncoder().encode("ready"));
    await asked;
    ${then}
  `;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function nextOutput(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  return new TextDecoder().decode((await reader.read()).value);
}

/** The exit code; a process that does not end is killed, which no expected code is. */
async function exitCodeOf(child: Deno.ChildProcess): Promise<number> {
  const overdue = setTimeout(() => child.kill("SIGKILL"), 10_000);
  try {
    return (await child.status).code;
  } finally {
    clearTimeout(overdue);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} aborts the signal, and disposal lets the process end`, async () => {
    await using child = listener("clearInterval(alive);");
    const reader = child.stdout.getReader();
    assert.equal(await nextOutput(reader), "ready");
    child.kill(signal);
    assert.equal(await exitCodeOf(child), 0);
    await reader.cancel();
  });
}

Deno.test("a second signal ends a wait before the shutdown, a third one the process", async () => {
  await using child = listener(`const say = (text) =>
      Deno.stdout.writeSync(new TextEncoder().encode(text));
    const waiting = shutdown.linger(3_600_000);
    say("waiting");
    await waiting;
    say("stopping");
    await new Promise(() => {});`);
  const reader = child.stdout.getReader();
  assert.equal(await nextOutput(reader), "ready");
  child.kill("SIGTERM");
  assert.equal(await nextOutput(reader), "waiting");
  child.kill("SIGTERM");
  assert.equal(await nextOutput(reader), "stopping");
  child.kill("SIGTERM");
  assert.equal(await exitCodeOf(child), 1);
  await reader.cancel();
});

Deno.test("a second signal ends a process whose shutdown hangs", async () => {
  await using child = listener(`Deno.stdout.writeSync(new TextEncoder().encode("stopping"));
    await new Promise(() => {});`);
  const reader = child.stdout.getReader();
  assert.equal(await nextOutput(reader), "ready");
  child.kill("SIGTERM");
  assert.equal(await nextOutput(reader), "stopping");
  child.kill("SIGTERM");
  assert.equal(await exitCodeOf(child), 1);
  await reader.cancel();
});
