import assert from "node:assert/strict";
import { ServiceProcess } from "./process.ts";

const shell = (script: string) => ({ command: "sh", args: ["-c", script] });

function isRunning(pid: number): boolean {
  return new Deno.Command("kill", { args: ["-0", String(pid)], stderr: "null" }).outputSync()
    .success;
}

Deno.test("start waits for the ready line, on stderr as well", async () => {
  await using service = await ServiceProcess.start({
    ...shell("echo starting; echo 'listening on 4711' >&2; exec sleep 60"),
    ready: /listening on (\d+)/,
  });
  assert.match(service.output, /starting/);
  const [, port] = await service.waitFor(/listening on (\d+)/, 0);
  assert.equal(port, "4711");
});

Deno.test("disposing ends the process and tells how it ended", async () => {
  const service = await ServiceProcess.start(shell("exec sleep 60"));
  assert.equal(isRunning(service.pid), true);
  await service[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  assert.equal((await service.exited).signal, "SIGTERM");
  assert.equal(isRunning(service.pid), false);
});

Deno.test("a process that ignores SIGTERM is killed", async () => {
  const service = await ServiceProcess.start({
    ...shell("trap '' TERM; echo deaf; exec sleep 60"),
    ready: /deaf/,
  });
  assert.equal((await service.stop(100)).signal, "SIGKILL");
});

Deno.test("an early end is an error that quotes the output", async () => {
  await assert.rejects(
    ServiceProcess.start({ ...shell("echo 'no such camera' >&2; exit 3"), ready: /listening/ }),
    /ended before it printed \/listening\/; it printed:\nno such camera/,
  );
});

Deno.test("a line that never comes is an error, and nothing is left running", async () => {
  const failure = await ServiceProcess.start({
    ...shell("echo pid $$; exec sleep 60"),
    ready: /listening/,
    readyTimeoutMs: 300,
  }).then(() => undefined, (error: Error) => error);
  assert.match(failure?.message ?? "", /did not print \/listening\/ in 300 ms/);
  const pid = Number(/pid (\d+)/.exec(failure?.message ?? "")?.[1]);
  assert.equal(isRunning(pid), false);
});

Deno.test("a command that does not exist is an error with its cause", async () => {
  await assert.rejects(
    ServiceProcess.start({ command: "no-such-command-here", args: [] }),
    (error: Error) => error.cause instanceof Deno.errors.NotFound,
  );
});

Deno.test("the output is drained, and only its end kept", async () => {
  const service = await ServiceProcess.start(shell("yes 0123456789 | head -c 1000000; echo end"));
  assert.equal((await service.exited).success, true);
  assert.equal(service.output.length, 256 * 1024);
  assert.match(service.output, /end\n$/);
});

Deno.test("a grandchild that keeps the pipes open does not keep us waiting", async () => {
  const service = await ServiceProcess.start(shell("sleep 60 & echo grandchild $!"));
  assert.equal((await service.exited).success, true);
  const [, grandchild] = await service.waitFor(/grandchild (\d+)/, 0);
  Deno.kill(Number(grandchild), "SIGKILL");
});
