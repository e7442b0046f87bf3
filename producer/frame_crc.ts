import type { SampledPicture } from "./probe_sample.ts";

/** `#codec_id 0: hevc`, `#dimensions 0: 640x360`, `#tb 0: 1/90000` */
const HEADER = /^#(codec_id|dimensions|tb) 0: (\S+)/;
/** `0, 2970, 2970, 3000, 13647, 0x1bb99f10, F=0x0`: stream, DTS, PTS, duration, bytes, sum, flags. */
const PACKET = /^0, +-?\d+, +(-?\d+), +-?\d+, +(\d+), \S+?(, F=0x(\w+))?(,|$)/;
/** AV_PKT_FLAG_KEY; the flags are written only where they are other than that. */
const FLAG_KEY = 1;

/** What FFmpeg's `framecrc` says of a stream whose pictures nobody reads, line by line. Pure. */
export class FrameCrcReader {
  readonly pictures: SampledPicture[] = [];
  codec = "";
  dimensions = "";
  #unitUs = 1;

  line(line: string): void {
    const [, name, value = ""] = HEADER.exec(line) ?? [];
    if (name === "codec_id") this.codec = value;
    else if (name === "dimensions") this.dimensions = value;
    else if (name === "tb") {
      const [count = 1, per = 1] = value.split("/").map(Number);
      this.#unitUs = 1e6 * count / per;
    } else this.#packet(line);
  }

  #packet(line: string): void {
    const packet = PACKET.exec(line);
    if (packet === null) return;
    const [, pts, bytes, , flags] = packet;
    this.pictures.push({
      bytes: Number(bytes),
      isKey: flags === undefined || (Number.parseInt(flags, 16) & FLAG_KEY) !== 0,
      ptsUs: Number(pts) * this.#unitUs,
      slices: undefined,
    });
  }
}
