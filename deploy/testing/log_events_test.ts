import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LEVELS: Readonly<Record<string, string>> = { warn: "warning" };
/** A call of a logger, whoever holds it, up to its first argument. */
const CALL = /(?:\blog|#log)\.(debug|info|warn|error)\(\s*("(?:[^"\\]|\\.)*"|[^\s,)]*)/g;
/** Of a README: `event` and level. */
const ROW = /^\| `([^`]+)` +\| (debug|info|warning|error)(?:, (debug|info|warning|error))? /gm;
const NO_SERVICE = /_test\.ts$|\/testing\//;

async function* sourcesOf(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sourcesOf(path);
    else if (path.endsWith(".ts") && !NO_SERVICE.test(path)) yield path;
  }
}

/** Events with the levels at which they are logged. */
async function eventsIn(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const events = new Map<string, Set<string>>();
  for await (const path of sourcesOf(`${ROOT}${folder}`)) {
    for (const [call, level = "", event = ""] of (await Deno.readTextFile(path)).matchAll(CALL)) {
      assert.match(event, /^"[^"\\]+"$/, `${path}: ${call}: an event's name is a constant`);
      const name = event.slice(1, -1);
      events.set(name, (events.get(name) ?? new Set()).add(LEVELS[level] ?? level));
    }
  }
  return sorted(new Map([...events].map(([name, levels]) => [name, [...levels]])));
}

async function eventsTold(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await Deno.readTextFile(`${ROOT}${folder}/README.md`);
  const told = [...text.matchAll(ROW)].map(([, event = "", ...levels]): [string, string[]] => [
    event,
    levels.filter((level) => level !== undefined),
  ]);
  assert.equal(new Set(told.map(([event]) => event)).size, told.length, "each event once");
  return sorted(new Map(told));
}

function sorted(events: ReadonlyMap<string, readonly string[]>) {
  return new Map(
    [...events].map(([event, levels]): [string, string[]] => [event, levels.toSorted()])
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** Where each of them is, where its events are told, and how many there are at least. */
const PROGRAMS = {
  ingest: { sources: "ingest", told: "ingest", atLeast: 10 },
  producer: { sources: "producer", told: "producer", atLeast: 10 },
  "the all-in-one binary": { sources: "deploy/compile", told: "deploy", atLeast: 2 },
};

for (const [program, { sources, told, atLeast }] of Object.entries(PROGRAMS)) {
  Deno.test(`${program} logs what its README says it does, at those levels, and nothing else`, async () => {
    const events = await eventsIn(sources);
    assert.ok(events.size >= atLeast);
    assert.deepEqual(await eventsTold(told), events);
  });
}
