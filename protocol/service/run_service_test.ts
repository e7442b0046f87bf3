import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SERVICE = new URL("./mod.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const SECRET = "hunter22-hunter22";

/** Runs a service whose `serve` has this body; its exit code and all that it said. */
async function run(body: string): Promise<{ code: number; said: string }> {
  const program = `
    import { MisuseError, runService } from "${SERVICE}";
    await runService(async (signal, hide) => {
      hide(["${SECRET}"]);
      const url = "rtsp://admin:${SECRET}@cam/1";
      const cause = new TypeError("cannot reach " + url, { cause: { password: "${SECRET}" } });
      ${body}
    });`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--config",
      CONFIG,
      `data:text/typescript,${encodeURIComponent(program)}`,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

const FAULTS: Readonly<Record<string, string>> = {
  "an error that serve throws": `throw new Error("no luck with " + url, { cause });`,
  "an error thrown in a timer": `
    setTimeout(() => { throw new Error("no luck with " + url, { cause }); });
    await new Promise((resolve) => setTimeout(resolve, 60_000));`,
  "a rejection that nobody takes": `
    Promise.reject(new Error("no luck with " + url, { cause }));
    await new Promise((resolve) => setTimeout(resolve, 60_000));`,
  "a thrown thing that is no error": `throw { message: "no luck", url, cause };`,
};

for (const [name, body] of Object.entries(FAULTS)) {
  Deno.test(`told with its stack, without its secrets: ${name}`, async () => {
    const { code, said } = await run(body);
    assert.equal(code, 1, said);
    assert.match(said, /^Uncaught [^]*no luck[^]*cannot reach/);
    assert.doesNotMatch(said, /hunter22/);
  });
}

Deno.test("a misuse is one line, without secrets, and ends with 2", async () => {
  const { code, said } = await run(`throw new MisuseError("wrong: " + url, { cause });`);
  assert.deepEqual({ code, said }, {
    code: 2,
    said: 'wrong: rtsp://***@cam/1: cannot reach rtsp://***@cam/1: { password: "***" }\n',
  });
});

Deno.test("a service that is done ends with 0, unless it says otherwise", async () => {
  assert.deepEqual(await run(""), { code: 0, said: "" });
  assert.deepEqual(await run("Deno.exitCode = 1;"), { code: 1, said: "" });
});
