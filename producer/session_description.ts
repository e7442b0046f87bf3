/** What a camera offers, by its own description (SDP, RFC 8866), as FFmpeg logs it. Pure. */
export interface OfferedMedia {
  readonly kind: "video" | "audio" | "other";
  /** As the camera calls it (RFC 8866, 6.6), e.g. `H265`, `MPEG4-GENERIC`; empty when it does not. */
  readonly encoding: string;
}

/** `m=video 0 RTP/AVP 96` */
const MEDIA = /^m=(\w+) \d+\S* \S+ (\d+)/;
/** `a=rtpmap:96 H264/90000` */
const ENCODING = /^a=rtpmap:(\d+) ([\w.+-]+)\//;
/** Payload types that need no name of their own (RFC 3551, table 4 and 5). */
const STATIC_TYPES: Readonly<Record<string, string>> = {
  "0": "PCMU",
  "8": "PCMA",
  "14": "MPA",
  "26": "JPEG",
};

/** Collects the media of a description, given line by line among other lines. */
export class SessionDescription {
  readonly #media: { kind: OfferedMedia["kind"]; type: string; encoding: string }[] = [];

  get media(): readonly OfferedMedia[] {
    return this.#media;
  }

  line(line: string): void {
    const media = MEDIA.exec(line);
    if (media !== null) {
      const [, found = "", type = ""] = media;
      const kind = found === "video" || found === "audio" ? found : "other";
      this.#media.push({ kind, type, encoding: STATIC_TYPES[type] ?? "" });
      return;
    }
    const [, type, encoding = ""] = ENCODING.exec(line) ?? [];
    const named = this.#media.findLast((one) => one.type === type);
    if (named !== undefined) named.encoding = encoding;
  }
}
