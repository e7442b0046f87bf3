import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import dashboard from "../grafana/dashboard.json" with { type: "json" };
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { freePort } from "../testing/free_port.ts";
import { ServiceProcess } from "../testing/process.ts";
import { startIngest, startProducer } from "../testing/services.ts";

const FOLDER = fileURLToPath(new URL("../prometheus/", import.meta.url));
const CREDENTIALS = "/run/secrets/publish_token";
const TOKEN = "tok3n-tok3n";
const WITHIN_MS = 30_000;
const PICTURE = { widthPx: 320, heightPx: 240, gopFrames: 10 };
const METRIC_NAME = /\b(?:porthole|process)_\w+/g;
/** Parts of a histogram. */
const PART = /_(bucket|sum|count)$/;

async function promtool(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  assert.ok(success, `promtool ${args.join(" ")}:\n${said}`);
  return said;
}

/** The configuration that is shipped, with other targets, in a folder of its own. */
async function configuredFor(ingest: string, producer: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "token"), TOKEN);
  await Deno.copyFile(join(FOLDER, "alerts.yml"), join(folder, "alerts.yml"));
  const shipped = await Deno.readTextFile(join(FOLDER, "prometheus.yml"));
  const changes = {
    [CREDENTIALS]: join(folder, "token"),
    "ingest:3000": ingest,
    "producer:9101": producer,
    "scrape_interval: 15s": "scrape_interval: 1s",
    "evaluation_interval: 15s": "evaluation_interval: 1s",
  };
  let config = shipped;
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(config.includes(from), `prometheus.yml has no ${from}`);
    config = config.replace(from, to);
  }
  await Deno.writeTextFile(join(folder, "prometheus.yml"), config);
  return join(folder, "prometheus.yml");
}

class Prometheus implements AsyncDisposable {
  readonly #process: ServiceProcess;
  readonly #url: string;
  readonly #data: string;

  private constructor(process: ServiceProcess, url: string, data: string) {
    this.#process = process;
    this.#url = url;
    this.#data = data;
  }

  static async start(configFile: string): Promise<Prometheus> {
    const address = `127.0.0.1:${freePort()}`;
    const data = await Deno.makeTempDir();
    const process = await ServiceProcess.start({
      command: "prometheus",
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=${address}`,
      ],
      ready: /Server is ready to receive web requests/,
    });
    return new Prometheus(process, `http://${address}`, data);
  }

  /** Values by the labels that matter here. */
  async query(query: string): Promise<readonly number[]> {
    const response = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, data } = await response.json();
    assert.equal(status, "success", query);
    return data.result.map(({ value }: { value: [number, string] }) => Number(value[1]));
  }

  async alerts(): Promise<readonly string[]> {
    const { data } = await (await fetch(`${this.#url}/api/v1/alerts`)).json();
    return data.alerts.map(({ labels }: { labels: { alertname: string } }) => labels.alertname);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    await Deno.remove(this.#data, { recursive: true });
  }
}

Deno.test("promtool has nothing against the alerts, their tests and the configuration", async () => {
  await promtool(["check", "rules", join(FOLDER, "alerts.yml")]);
  await promtool(["test", "rules", join(FOLDER, "alerts_test.yml")]);
  const config = await configuredFor("127.0.0.1:1", "127.0.0.1:2");
  await promtool(["check", "config", config]);
  await Deno.remove(dirname(config), { recursive: true });
});

Deno.test("every alert has a case of its own", async () => {
  const names = async (file: string, field: string) =>
    new Set(
      (await Deno.readTextFile(join(FOLDER, file)))
        .match(new RegExp(`(?<=\\b${field}: )Porthole\\w+`, "g")),
    );
  assert.deepEqual(await names("alerts_test.yml", "alertname"), await names("alerts.yml", "alert"));
});

Deno.test("Prometheus reads both services, and what alerts and the dashboard ask for is there", async (t) => {
  await using camera = await SimulatedCamera.start(PICTURE);
  await using ingest = await startIngest({ env: { PUBLISH_TOKEN: TOKEN } });
  await using producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: ingest.url,
    env: { PUBLISH_TOKEN: TOKEN, STREAM_ID: "door", METRICS_PORT: "0" },
  });
  const [, told = ""] = await producer.waitFor(/metrics can be asked for url=(\S+)/, WITHIN_MS);
  await producer.waitFor(/camera is live/, WITHIN_MS);
  const authorization = `Bearer ${TOKEN}`;
  const ask = async (url: string | URL) =>
    await (await fetch(url, { headers: { accept: "text/plain", authorization } })).text();
  const exposition = async () => `${await ask(new URL("metrics", ingest.url))}\n${await ask(told)}`;

  await t.step("promtool has nothing against their text", async () => {
    await promtool(["check", "metrics"], await ask(new URL("metrics", ingest.url)));
    await promtool(["check", "metrics"], await ask(told));
  });

  await t.step("alerts and the dashboard ask for what there is", async () => {
    const there = new Set(
      [...(await exposition()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    );
    const alerts = (await Deno.readTextFile(join(FOLDER, "alerts.yml")))
      .split("\n").filter((line) => !/summary|description/.test(line)).join("\n");
    const queries = dashboard.panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr }) => expr)
    );
    assert.ok(queries.length > 20);
    const asked = [alerts, ...queries].flatMap((text) => text.match(METRIC_NAME) ?? []);
    const missing = asked.filter((name) => !there.has(name) && !there.has(name.replace(PART, "")));
    assert.deepEqual([...new Set(missing)], []);
  });

  await t.step("it scrapes them, and an alert is on its way when the camera goes", async () => {
    const config = await configuredFor(new URL(ingest.url).host, new URL(told).host);
    await using prometheus = await Prometheus.start(config);
    const comes = (query: string, fits: (values: readonly number[]) => boolean) =>
      eventually(query, WITHIN_MS, async () => {
        const values = await prometheus.query(query);
        return fits(values) || `it is ${JSON.stringify(values)}`;
      });
    await comes('up{job=~"porthole-.*"}', (values) => values.join() === "1,1");
    await comes('porthole_stream_live{stream="door"}', ([live]) => live === 1);
    await comes("porthole_stream_frames_received_total", ([frames = 0]) => frames > 0);
    await comes('porthole_producer_camera_live{stream="door"}', ([live]) => live === 1);
    const p95 =
      "histogram_quantile(0.95, sum by (le) (rate(porthole_publish_age_seconds_bucket[30s])))";
    await comes(p95, ([seconds = NaN]) => seconds >= 0);
    assert.deepEqual(await prometheus.alerts(), []);
    await camera[Symbol.asyncDispose]();
    await comes('porthole_producer_camera_restarts_total{stream="door"}', ([n = 0]) => n > 0);
    await eventually("the alert is pending", WITHIN_MS, async () => {
      const alerts = await prometheus.alerts();
      return alerts.includes("PortholeStreamDown") || `there are ${alerts}`;
    });
    await Deno.remove(dirname(config), { recursive: true });
  });
});
