import * as net from "node:net";
import * as tls from "node:tls";
import { hostOf } from "./camera_address.ts";

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "rtsp:": 554, "rtsps:": 322 };
/** The beginning of any answer (RFC 2326, 7.1). */
const ANSWER = "RTSP/";

/**
 * Whether somebody answers at the camera's address: one `OPTIONS` (RFC 2326, 10.1), which takes no
 * password, opens no session and costs a camera nothing. Any answer counts, for a camera that is
 * frozen still takes connections: its kernel does. Never rejects.
 *
 * @param url whose user and password are not sent
 */
export function knock(url: string, withinMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (signal.aborted) return Promise.resolve(false);
  const target = new URL(url);
  const socket = connect(target);
  const finish = (isAnswered: boolean) => {
    clearTimeout(late);
    signal.removeEventListener("abort", giveUp);
    socket.destroy();
    resolve(isAnswered);
  };
  const giveUp = () => finish(false);
  const late = setTimeout(giveUp, withinMs);
  signal.addEventListener("abort", giveUp, { once: true });
  let answer = "";
  socket.on("data", (chunk: Uint8Array) => {
    answer += new TextDecoder("latin1").decode(chunk.subarray(0, ANSWER.length));
    if (answer.length >= ANSWER.length) finish(answer.startsWith(ANSWER));
  });
  // A refusal, a broken handshake, an end without an answer: all of it is nobody to talk to.
  socket.on("error", giveUp);
  socket.on("close", giveUp);
  socket.write(optionsRequest(target));
  return promise;
}

function connect(url: URL): net.Socket {
  const port = Number(url.port) || DEFAULT_PORTS[url.protocol] || 0;
  const host = hostOf(url);
  if (url.protocol !== "rtsps:") return net.connect({ host, port });
  // Cameras sign their own certificates; nothing secret is sent here.
  const serverName = net.isIP(host) === 0 ? { servername: host } : {};
  return tls.connect({ host, port, rejectUnauthorized: false, ...serverName });
}

function optionsRequest({ protocol, host, pathname }: URL): string {
  return `OPTIONS ${protocol}//${host}${pathname} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Porthole\r\n\r\n`;
}
