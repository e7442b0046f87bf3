import { NO_AGES, type StreamAges } from "./ages.ts";

/** What is counted of one stream on the worker that its publisher came to. */
export class StreamAccount implements Disposable {
  framesReceived = 0;
  bytesReceived = 0;

  constructor(readonly ages: StreamAges = NO_AGES) {}

  received(bytes: number): void {
    this.framesReceived++;
    this.bytesReceived += bytes;
  }

  [Symbol.dispose](): void {
    this.ages[Symbol.dispose]();
  }
}
