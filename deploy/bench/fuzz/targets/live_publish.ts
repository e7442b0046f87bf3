import { decodeMessage, epochNowMs, LengthPrefixParser } from "@porthole/protocol";
import { parseIngestToProducerMessage } from "@porthole/protocol/schema";
import { Hub } from "../../../../ingest/hub.ts";
import { LivePublish } from "../../../../ingest/live_publish.ts";
import { PendingBytes } from "../../../../ingest/limits/pending_bytes.ts";
import { Metrics } from "../../../../ingest/metrics.ts";
import { RecordingObserver, RecordingWatcher } from "../../../../ingest/testing/doubles.ts";
import { lengthPrefixed } from "../../../../ingest/testing/frames.ts";
import { GOLDEN_FRAMES, GOLDEN_PRODUCER_MESSAGES } from "../corpus.ts";
import { anyMap, likeMessage } from "../messagepack.ts";
import { chunked, concatenate, mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";

const BYE_CODES = [
  ...["malformed", "too_large", "too_deep", "invalid_frame", "invalid_control"],
  ...["invalid_jpeg", "invalid_access_unit"],
];
const MAX_RENDITIONS = 8;

/** A live publish: whatever its body is, it ends with the body, and the stream is free again. */
export function livePublishTarget(): FuzzTarget {
  return {
    name: "live publish",
    perMille: 25,
    generate(random) {
      const messages = Array.from(
        { length: 1 + random.small(20) },
        () => lengthPrefixed(messageOf(random)),
      );
      const bytes = concatenate(messages);
      return random.chance(0.1) ? mutate(bytes, random) : bytes;
    },
    async run(input, random) {
      const hub = new Hub("default");
      const watcher = new RecordingWatcher();
      using _observing = hub.observe(new RecordingObserver());
      using _watching = hub.watch("main", watcher, epochNowMs());
      const publish = new LivePublish(hub, new Metrics(), new PendingBytes());
      const answers = Array.fromAsync(publish.open());
      await publish.run(ReadableStream.from(chunked(input, random)), () => {});
      promise(!hub.isPublished(epochNowMs()), "the stream is still held");
      promise(hub.running.size <= MAX_RENDITIONS, `${hub.running.size} renditions`);
      const { cause } = hub.state(epochNowMs());
      promise(!/:\/\//.test(cause), "an address is shown");
      JSON.stringify(hub.info(epochNowMs()));
      return outcomeOf(await answers);
    },
  };
}

function messageOf(random: Random): Uint8Array<ArrayBuffer> {
  const message = random.chance(0.05) ? anyMap(random) : likeMessage(
    random.pick(random.chance(0.7) ? GOLDEN_FRAMES : GOLDEN_PRODUCER_MESSAGES),
    random,
  );
  return new Uint8Array(message);
}

/** The code of the goodbye, where there was one; all that was said is by the protocol. */
function outcomeOf(answers: readonly Uint8Array[]): string {
  const parser = new LengthPrefixParser();
  const messages = answers.flatMap((chunk) => [...parser.push(chunk)])
    .map((bytes) => parseIngestToProducerMessage(decodeMessage(bytes)));
  parser.end();
  promise(messages.every((message) => message !== undefined), "ingest says what nobody knows");
  const byes = messages.flatMap((message) => message?.type === "bye" ? [message.code] : []);
  promise(byes.length <= 1, "more than one goodbye");
  const [code = ACCEPTED] = byes;
  promise(code === ACCEPTED || BYE_CODES.includes(code), `goodbye with ${code}`);
  return code;
}
