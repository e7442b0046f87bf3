import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { eventually } from "../testing/browser.ts";
import { ServiceProcess } from "../testing/process.ts";
import { taskArgs } from "../testing/services.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OPEN_FILES = 600;
const CROWD = 900;

Deno.test("a crowd larger than the process may open files is survived, and it says why", async () => {
  const env = { INGEST_PORT: "0", MAX_CLIENTS_PER_ADDRESS: "2000" };
  await using ingest = await ServiceProcess.start({
    command: "sh",
    args: [
      "-c",
      `ulimit -n ${OPEN_FILES} && exec "$0" "$@"`,
      Deno.execPath(),
      ...taskArgs("ingest", env, ROOT),
    ],
    cwd: `${ROOT}deploy/testing`,
    env,
    ready: /ingest listens url=(\S+)/,
  });
  const url = /ingest listens url=(\S+)/.exec(ingest.output)?.[1] ?? "";
  assert.match(ingest.output, /fewer connections are taken .*open files.*LimitNOFILE/);
  const { hostname, port } = new URL(url);
  const crowd: Deno.Conn[] = [];
  try {
    for (let index = 0; index < CROWD; index++) {
      crowd.push(await Deno.connect({ hostname, port: Number(port) }));
    }
  } finally {
    for (const connection of crowd) connection.close();
  }
  await eventually("it serves again", 15_000, async () => {
    const response = await fetch(new URL("metrics", url)).catch(() => undefined);
    const metrics = await response?.json();
    return metrics?.connections_refused > 100 || `it answered ${JSON.stringify(metrics)}`;
  });
});
