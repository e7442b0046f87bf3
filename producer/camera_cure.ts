import type { CameraFailureCode } from "./camera_failure.ts";

const FULL_FFMPEG = "set the camera to H.264 or H.265, or install a full FFmpeg";
/** What to do about a camera that shows no picture, for who looks at it by hand. */
export const CAMERA_CURES: Readonly<Record<CameraFailureCode, string>> = {
  unauthorized: "check both in its URL, with / ? # @ % and spaces percent-encoded; some cameras " +
    "have another account for RTSP than for their web page",
  "not_found":
    "take the path from the camera's manual or by ONVIF; while a camera starts it may be " +
    "missing for some seconds",
  refused: "switch RTSP on in the camera; check the port in its URL, 554 is usual",
  unreachable: "is it on, plugged in, at this address, and not behind a firewall? `ping` it from " +
    "here; restart it if it answers that and nothing else",
  "unknown_host":
    "check the name, or use the camera's address; names ending in .local are mostly " +
    "unknown in containers",
  "not_allowed": "add its address to RTSP_ALLOW, if it is to be watched",
  "untrusted_certificate":
    "this FFmpeg checks certificates although it is told not to: take FFmpeg 5.1, 7.0 or 9.0, use " +
    "rtsp:// where the network is yours, or give the camera a certificate that this machine trusts",
  "no_video": "the path is of audio or metadata alone: take another one",
  "not_h264": FULL_FFMPEG,
  "is_h265": FULL_FFMPEG,
  "not_h265": FULL_FFMPEG,
  "parameters_missing": FULL_FFMPEG,
  "codec_unusable": FULL_FFMPEG,
  stalled:
    "restart the camera; where it happens again and again, a lower bit rate, or a cable in " +
    "place of Wi-Fi",
  ended: "it may be starting, or serve no more viewers at a time than it has: close other players",
  "ffmpeg_missing": "install FFmpeg 5.1 or newer",
  "ffmpeg_killed": "look for the OOM killer in `dmesg`",
  "ffmpeg_failed": "another version of FFmpeg often helps; or RTSP_CODEC=h264",
};
