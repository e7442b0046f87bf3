const LONGEST_LINE = 1000;

/**
 * Bytes in, lines of text out, each of {@link LONGEST_LINE} characters at most. A longer one is cut
 * between two words: half a URL would be half a password that nobody can tell for one.
 */
export class TextLineStream extends TransformStream<Uint8Array, string> {
  constructor() {
    const decoder = new TextDecoder();
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
        rest = (lines.pop() ?? "").slice(0, LONGEST_LINE + 1);
        for (const line of lines) if (line !== "") controller.enqueue(cut(line));
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(cut(rest));
      },
    });
  }
}

function cut(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, Math.max(0, line.lastIndexOf(" ", LONGEST_LINE)))} …`.trim();
}
