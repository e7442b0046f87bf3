const LONGEST_LINE = 1000;

/** Bytes in, lines of text out, each cut at {@link LONGEST_LINE} characters. */
export class TextLineStream extends TransformStream<Uint8Array, string> {
  constructor() {
    const decoder = new TextDecoder();
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
        rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
        for (const line of lines) if (line !== "") controller.enqueue(line.slice(0, LONGEST_LINE));
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}
