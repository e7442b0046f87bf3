import { errorChain, MisuseError } from "@porthole/protocol/service";
import { FfmpegMissingError, ffmpegVersion, isOlder } from "../../producer/ffmpeg_process.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** What Porthole asks of it, and what is missing without it. */
const PARTS = [
  { list: "-demuxers", name: "rtsp", without: "cameras cannot be connected to", isVital: true },
  { list: "-muxers", name: "flv", without: "no H.264 can be taken over", isVital: true },
  {
    list: "-encoders",
    name: "libx264",
    without: "cameras that do not send H.264 cannot be shown, and slow viewers get no `low`",
    isVital: false,
  },
  {
    list: "-encoders",
    name: "mjpeg",
    without: "browsers without H.264 see nothing, and there are no snapshots",
    isVital: false,
  },
  { list: "-decoders", name: "h264", without: "no JPEG and no `low` can be made", isVital: false },
  { list: "-decoders", name: "hevc", without: "H.265 cameras cannot be shown", isVital: false },
  { list: "-protocols", name: "tls", without: "rtsps:// cannot be connected to", isVital: false },
] as const;
const FULL_FFMPEG = "install a full FFmpeg: `apt install ffmpeg`, or a build with libx264 and TLS";
const GET =
  "`apt install ffmpeg`, `dnf install ffmpeg`, `apk add ffmpeg` or `brew install ffmpeg`; or " +
  "`deploy/bootstrap.sh doctor` installs it";
const ANSWER_WITHIN_MS = 20_000;
/** FLV carries H.265 from here on. */
const PASSES_H265_BY_FLV = "6.1";

/** FFmpeg as the producer would find it. */
export async function examineFfmpeg(): Promise<readonly Finding[]> {
  const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
  let version: string;
  try {
    version = await ffmpegVersion(late);
  } catch (error) {
    return [missingFinding(error)];
  }
  if (late.aborted) return [fail("FFmpeg hangs: it does not even tell its version", GET)];
  const age = isOlder(version, PASSES_H265_BY_FLV) ? ", which does all that is needed" : "";
  return [ok(`FFmpeg ${version}${age}`), ...missingParts(await listsOf())];
}

/** @param error why it did not tell its version */
function missingFinding(error: unknown): Finding {
  if (error instanceof FfmpegMissingError) {
    return fail("FFmpeg is not installed or not on PATH", GET);
  }
  return fail(error instanceof MisuseError ? error.message : `FFmpeg: ${errorChain(error)}`, GET);
}

/** @param lists what FFmpeg prints for each of the options */
export function missingParts(lists: ReadonlyMap<string, string>): readonly Finding[] {
  const missing = PARTS.filter(({ list, name }) =>
    !new RegExp(`^\\s*(\\S+\\s+)?(\\w+,)*${name}(,\\w+)*(\\s|$)`, "m").test(lists.get(list) ?? "")
  );
  if (missing.length === 0) {
    return [ok("FFmpeg has RTSP, TLS, H.264 to read and to make, H.265 to read, and JPEG")];
  }
  return missing.map(({ name, without, isVital }) =>
    (isVital ? fail : warn)(`this FFmpeg has no ${name}: ${without}`, FULL_FFMPEG)
  );
}

async function listsOf(): Promise<ReadonlyMap<string, string>> {
  const options = [...new Set(PARTS.map(({ list }) => list))];
  const lists = options.map(async (option) => {
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: ["-hide_banner", "-loglevel", "error", option],
      stderr: "null",
    }).output();
    return [option, new TextDecoder().decode(stdout)] as const;
  });
  return new Map(await Promise.all(lists));
}
