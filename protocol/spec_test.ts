import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { ProtocolErrorCode } from "./errors.ts";
import type { Frame } from "./frame.ts";
import * as limits from "./limits.ts";
import { parseFrame } from "./schema.ts";
import { FRAMES, INGEST_TO_PRODUCER_MESSAGES, TINY_JPEG } from "./testdata/messages.ts";
import { decodeMessage, MessageEncoder } from "./wire.ts";

const SPEC = Deno.readTextFileSync(new URL("SPEC.md", import.meta.url));

function section(title: RegExp): string {
  const found = SPEC.split(/^(?=#{2,3} )/m).find((text) => title.test(text));
  assert.ok(found, `no section ${title}`);
  return found;
}

/** The cells of each row of the tables in `text`, without their headers. */
function rows(text: string): string[][] {
  return text.split("\n")
    .filter((line) => /^\|(?! *-)/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function codeBlock(info: string): string {
  const block = SPEC.match(new RegExp(`^\`\`\`${info}\n([^]*?)^\`\`\``, "m"))?.[1];
  assert.ok(block, `no code block ${info}`);
  return block;
}

function hexExample(info: string): string {
  return codeBlock(info).replace(/#.*/g, "").replace(/\s/g, "").toLowerCase();
}

Deno.test("SPEC.md states the limits of limits.ts, all of them", () => {
  const stated = rows(section(/^## 10\./)).slice(1)
    .map(([name = "", value]) => [name.replaceAll("`", ""), Number(value)]);
  const kept = Object.entries(limits).filter(([, value]) => typeof value === "number");
  assert.deepEqual(stated.sort(), kept.sort());
});

Deno.test("SPEC.md states the names of limits.ts", () => {
  const { pathname } = new URL(`http://host/ws/${limits.DEFAULT_STREAM_ID}`);
  assert.match(pathname.slice("/ws/".length), limits.STREAM_ID_PATTERN);
  const names = [
    limits.STREAM_ID_PATTERN.source,
    limits.DEFAULT_STREAM_ID,
    limits.VIEWER_SUBPROTOCOL,
    limits.TOKEN_SUBPROTOCOL_PREFIX,
    limits.LIVE_CONTENT_TYPE,
    limits.MESSAGE_CONTENT_TYPE,
  ];
  for (const name of names) assert.ok(SPEC.includes(name), name);
});

Deno.test("SPEC.md gives every code of errors.ts its HTTP status", () => {
  const statuses: Record<ProtocolErrorCode, number> = {
    malformed: 400,
    ["too_large"]: 413,
    ["too_deep"]: 400,
    ["invalid_frame"]: 400,
    ["invalid_control"]: 400,
    ["invalid_jpeg"]: 400,
    ["invalid_access_unit"]: 400,
  };
  const stated = rows(section(/^## 9\./)).map(([status, code]) => `${status} ${code}`);
  for (const [code, status] of Object.entries(statuses)) {
    assert.ok(stated.includes(`${status} \`${code}\``), code);
  }
});

Deno.test("SPEC.md lists every field of a frame", () => {
  const everyField: Record<keyof Frame, true> = {
    timestamp: true,
    width: true,
    height: true,
    data: true,
    codec: true,
    key: true,
    seq: true,
    pts: true,
    rendition: true,
    config: true,
  };
  const stated = rows(section(/^## 5\./)).map(([field]) => field?.replaceAll("`", ""));
  for (const field of Object.keys(everyField)) assert.ok(stated.includes(field), field);
});

Deno.test("the plain frame in SPEC.md is the one that is encoded", () => {
  const frame = FRAMES["plain JPEG"];
  assert.ok(frame);
  const bytes = new MessageEncoder().encodePrefixed(frame).toHex();
  const jpeg = TINY_JPEG.toHex();
  assert.equal(
    hexExample("hex length of the plain frame") + hexExample("hex plain frame") + jpeg,
    bytes,
  );
});

Deno.test("the ack in SPEC.md is the one that is encoded", () => {
  const ack = INGEST_TO_PRODUCER_MESSAGES["ack to a producer"];
  assert.ok(ack);
  assert.equal(hexExample("hex ack"), new MessageEncoder().encodePrefixed(ack).toHex());
});

Deno.test("the publisher in SPEC.md publishes frames that are accepted", async () => {
  const received: Frame[] = [];
  const contentTypes = new Set<string | null>();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      contentTypes.add(request.headers.get("content-type"));
      received.push(parseFrame(decodeMessage(await request.bytes())));
      return new Response();
    },
  );
  const jpeg = fileURLToPath(new URL("testdata/tiny_16x16.jpg", import.meta.url));
  const { code, stderr } = await new Deno.Command("python3", {
    args: [
      "-c",
      codeBlock("python"),
      `http://127.0.0.1:${server.addr.port}/ingest`,
      ...["16", "16", jpeg, jpeg],
    ],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual([...contentTypes], [limits.MESSAGE_CONTENT_TYPE]);
  assert.deepEqual(received.map(({ width, height }) => [width, height]), [[16, 16], [16, 16]]);
  assert.ok(received.every(({ data }) => data.byteLength === TINY_JPEG.byteLength));
  assert.ok(received.every(({ timestamp }) => Math.abs(timestamp - Date.now()) < 60_000));
});
