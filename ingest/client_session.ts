import {
  decodeMessage,
  epochNowMs,
  type IngestToViewerMessage,
  MAX_GOP_BYTES,
  MAX_GOP_MS,
  MAX_VIEWER_MESSAGE_BYTES,
  type MessageEncoder,
  ProtocolError,
  type Quality,
  type StreamMessage,
  type ViewerMessage,
} from "@porthole/protocol";
import { parseViewerMessage } from "@porthole/protocol/schema";
import type { OpenSpan } from "@porthole/protocol/service";
import type { ClientTotals, FrameSocket } from "./client_feed.ts";
import { ClientQueue } from "./client_queue.ts";
import type { Client, ClientReport } from "./client_registry.ts";
import { Discards } from "./discards.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Hub, StreamObserver } from "./hub.ts";
import { LinkPace } from "./link_pace.ts";
import { LinkProbe } from "./link_probe.ts";
import type { Metrics } from "./metrics.ts";
import { LastReport, type Playback } from "./playback_reports.ts";
import { plainAckOf } from "./plain_ack.ts";
import { Qos, type QosDecision, type QosFacts } from "./qos.ts";
import { ViewerFeeds } from "./viewer_feeds.ts";
import { AUTO, type ViewerWish, wishOf } from "./viewer_wish.ts";

/** What a session uses of a viewer's socket. */
export interface SessionSocket extends FrameSocket {
  readonly speaksControl: boolean;
  send(message: Uint8Array): void;
  ping(): void;
  close(code: number, reason: string): void;
  destroy(): void;
}

export interface ClientSessionOptions {
  readonly socket: SessionSocket;
  readonly hub: Hub;
  /** May be shared by all sessions: a thousand of them would each keep scratch space. */
  readonly encoder: MessageEncoder;
  readonly metrics: Metrics;
  readonly maxAgeMs: number;
  /** From the viewer's connecting to the first frame that is handed over to it. */
  readonly joining?: OpenSpan;
  /** The session is over; its socket may take another second to close. Called once. */
  readonly onEnd: () => void;
}

const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;
const CLOSE_TOO_BIG = 1009;
/** 400 a second; an honest viewer acknowledges ten times and asks for the time. */
const MAX_MESSAGES_A_TICK = 100;
/** Whoever asks and does not read the answers is given up. Frames alone never pile up so high. */
const MAX_UNREAD_BYTES = 3 * MAX_GOP_BYTES;
/** A rendition that was chosen and does not come by then is not waited for. */
const COMES_WITHIN_MS = MAX_GOP_MS + 5_000;
/** A ping behind no more than this tells how long the way is. */
const LITTLE_BYTES = 32 * 1024;
/** Two seconds: often enough for a histogram of all viewers. */
const OBSERVE_EVERY_TICKS = 8;

/** One viewer: what it said it wants, and what it is sent. */
export class ClientSession implements Client, StreamObserver, Disposable {
  readonly #options: ClientSessionOptions;
  readonly #queue: ClientQueue;
  readonly #qos: Qos;
  readonly #heartbeat: Heartbeat;
  readonly #probe: LinkProbe;
  readonly #pace = new LinkPace();
  readonly #feeds: ViewerFeeds;
  readonly #lastReport = new LastReport();
  readonly #totals: ClientTotals = { framesSent: 0, bytesSent: 0, framesDiscarded: 0 };
  readonly #discards: Discards;
  readonly #observing: Disposable;
  #wish: ViewerWish = { decodesH264: false, selected: AUTO };
  readonly #startedMs: number;
  #hasBegun = false;
  #ticks = 0;
  #isGreeted = false;
  #isPaused = false;
  #isEnded = false;
  #decision: QosDecision | undefined;
  #quality: Quality | undefined;
  #saidQuality: Quality | undefined;
  #refusalsSeen = 0;
  #undecoded = 0;
  #messagesInTick = 0;

  constructor(options: ClientSessionOptions, nowMs: number) {
    this.#options = options;
    this.#startedMs = nowMs;
    this.#queue = new ClientQueue(options.maxAgeMs);
    this.#discards = new Discards(this.#totals, options.metrics);
    this.#qos = new Qos(nowMs);
    this.#heartbeat = new Heartbeat(nowMs);
    this.#probe = new LinkProbe({
      pad: (bytes) => this.#send({ type: "padding", data: new Uint8Array(bytes) }),
      ask: () => this.#ping(epochNowMs()),
    });
    this.#feeds = new ViewerFeeds({
      ...{ hub: options.hub, socket: options.socket, metrics: options.metrics },
      ...{ maxAgeMs: options.maxAgeMs, queue: this.#queue, pace: this.#pace },
      ...{ totals: this.#totals, discards: this.#discards },
      say: (message) => this.#send(message),
      onBegin: (rendition) => this.#begin(rendition),
      onChange: () => this.#sayQuality(),
    });
    this.#observing = options.hub.observe(this);
    if (options.socket.speaksControl) this.#send(options.hub.message(nowMs));
    else this.#choose(nowMs);
  }

  get streamId(): string {
    return this.#options.hub.id;
  }

  get queuedBytes(): number {
    return this.#options.socket.bufferedBytes;
  }

  /** A message of the viewer. What breaks the protocol closes the socket, with the reason. */
  receive(data: Uint8Array, isBinary: boolean): void {
    const { socket } = this.#options;
    if (!socket.speaksControl || this.#isEnded) return;
    if (socket.bufferedBytes > MAX_UNREAD_BYTES) return this.#endUnread();
    if (++this.#messagesInTick > MAX_MESSAGES_A_TICK) {
      return this.#end(CLOSE_POLICY, "flood", "a viewer says less than that");
    }
    if (!isBinary) return this.#end(CLOSE_POLICY, "invalid_control", "messages are binary");
    if (data.byteLength > MAX_VIEWER_MESSAGE_BYTES) {
      const limit = `at most ${MAX_VIEWER_MESSAGE_BYTES} bytes a message`;
      return this.#end(CLOSE_TOO_BIG, "too_large", limit);
    }
    try {
      const message = plainAckOf(data) ?? parseViewerMessage(decodeMessage(data));
      if (message !== undefined) this.#handle(message, epochNowMs());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end(CLOSE_POLICY, error.code, error.message);
    }
  }

  /** The viewer's answer to a ping. */
  ponged(nowMs: number): void {
    const backlog = this.#queue.backlog(this.#options.socket.bufferedBytes, nowMs);
    const isAlone = !this.#probe.isRunning && backlog.bytes < LITTLE_BYTES;
    this.#heartbeat.answered(nowMs, isAlone);
    const shownKbps = this.#probe.answered(this.#heartbeat.roundTripMs ?? 0, nowMs);
    if (shownKbps === undefined) return;
    this.#qos.probed(shownKbps, nowMs);
    this.#queue.measured(shownKbps);
  }

  /** A part of what was sent has been read. */
  milestoneRead(isLast: boolean, nowMs: number): void {
    this.#heartbeat.progressed(nowMs);
    if (isLast) this.#pace.arrived(nowMs);
  }

  /** What the socket held has gone out. */
  drained(nowMs: number): void {
    this.#heartbeat.progressed(nowMs);
    this.#feeds.roomMade(nowMs);
  }

  /** What passes with time alone: called a few times a second. */
  tick(nowMs: number): void {
    if (this.#isEnded) return;
    switch (this.#heartbeat.due(nowMs)) {
      case "give up":
        this.#options.metrics.clientsGivenUp++;
        this[Symbol.dispose]();
        return this.#options.socket.destroy();
      case "ping":
        this.#ping(nowMs);
    }
    if (this.#heartbeat.isLate(nowMs)) this.#pace.doubted();
    this.#messagesInTick = 0;
    if (++this.#ticks % OBSERVE_EVERY_TICKS === 0) this.#observeDelivery();
    if (this.#options.socket.bufferedBytes > MAX_UNREAD_BYTES) return this.#endUnread();
    if (!this.#feeds.isPlaying) return;
    this.#giveUpWhatDoesNotCome(nowMs);
    const facts = this.#choose(nowMs);
    if (
      this.#heartbeat.isWaiting || this.#probe.isRunning || this.#feeds.nextRendition !== undefined
    ) return;
    const neededKbps = this.#qos.wantedProbeKbps(facts, nowMs);
    if (neededKbps !== undefined) this.#probe.start(neededKbps, nowMs);
  }

  report(nowMs: number): ClientReport {
    const { socket } = this.#options;
    const { bytes, ageMs } = this.#queue.backlog(socket.bufferedBytes, nowMs);
    return {
      rendition: this.#feeds.rendition ?? null,
      selected: this.#wish.selected,
      reason: this.#isPaused ? "paused by the viewer" : this.#quality?.reason ?? "",
      ageMs: Math.round(ageMs),
      bytesInFlight: bytes,
      linkKbps: Math.round(this.#queue.goodputKbps ?? 0),
      // Up, so that 0 says that it is not known.
      roundTripMs: Math.ceil((this.#heartbeat.roundTripMs ?? 0) * 10) / 10,
      ...this.#totals,
      playback: this.playback(nowMs) ?? null,
    };
  }

  playback(nowMs: number): Playback | undefined {
    return this.#lastReport.at(nowMs);
  }

  streamChanged(message: StreamMessage): void {
    this.#send(message);
  }

  renditionsChanged(nowMs: number): void {
    if (!this.#feeds.isPlaying) return;
    this.#choose(nowMs);
    this.#feeds.showPreview(nowMs);
  }

  close(code: string, reason: string): void {
    this.#end(CLOSE_GOING_AWAY, code, reason);
  }

  expire(): void {
    this.#end(CLOSE_POLICY, "expired", "the session has expired; log in again");
  }

  /** Leaves the fan-out; the socket is closed or about to be. Twice is fine. */
  [Symbol.dispose](): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.joining?.fail("left before its first frame");
    this.#observing[Symbol.dispose]();
    this.#stop();
    this.#options.onEnd();
  }

  #handle(message: ViewerMessage, nowMs: number): void {
    switch (message.type) {
      case "hello":
        this.#isGreeted = true;
        this.#wish = { ...wishOf(message), selected: this.#wish.selected };
        if (!this.#isPaused) this.#choose(nowMs);
        return;
      case "select":
        this.#wish = { ...this.#wish, selected: message.rendition };
        if (this.#feeds.isPlaying) this.#choose(nowMs);
        return;
      case "ack": {
        this.#undecoded += message.undecoded ?? 0;
        const rendition = message.rendition ?? this.#feeds.rendition ?? "";
        if (this.#queue.acknowledge(rendition, message.seq, nowMs)) {
          this.#heartbeat.progressed(nowMs);
        }
        return this.#feeds.roomMade(nowMs);
      }
      case "pause":
        this.#isPaused = true;
        this.#stop();
        this.#lastReport.forget();
        return this.#queue.forget();
      case "resume":
        if (!this.#isPaused) return;
        this.#isPaused = false;
        if (this.#isGreeted) this.#choose(nowMs);
        return;
      case "clock":
        return this.#answerClock(message.t0, nowMs);
      case "report":
        // Who was sent nothing has nothing to tell, and makes no figures for a stream there is not.
        if (this.#totals.framesSent === 0) return;
        if (this.#lastReport.told(message, nowMs)) {
          this.#options.hub.account.ages.shown(message.latencyMs.p50);
        }
    }
  }

  #observeDelivery(): void {
    const deliveryMs = this.#queue.takeDeliveryMs();
    if (deliveryMs !== undefined) this.#options.hub.account.ages.delivered(deliveryMs);
  }

  /** The first frame is about to be handed over, ever. */
  #begin(rendition: string): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#options.joining?.end({ rendition });
    this.#options.hub.account.ages.joined(epochNowMs() - this.#startedMs);
  }

  #answerClock(t0: number, nowMs: number): void {
    const rendition = this.#feeds.rendition;
    const uplinkMs = rendition === undefined ? undefined : this.#options.hub.uplinkMs(rendition);
    const uplink = uplinkMs === undefined ? {} : { uplinkMs };
    this.#send({ type: "clock", t0, t1: nowMs, t2: nowMs, ...uplink });
  }

  /** Starts, stays, or goes over to what is right now. */
  #choose(nowMs: number): QosFacts {
    const facts = this.#qosFacts(nowMs);
    const decision = this.#qos.decide(facts, nowMs);
    this.#refusalsSeen = this.#discards.refused;
    this.#undecoded = 0;
    if (decision === this.#decision && decision.rendition === this.#feeds.rendition) return facts;
    this.#decision = decision;
    const { rendition, reason, maxFps } = decision;
    const fps = facts.options.find(({ name }) => name === rendition)?.fps ?? 0;
    const thinnedFps = maxFps === 0 ? fps : Math.min(fps, maxFps);
    this.#quality = { type: "quality", rendition, reason, fps: Math.round(thinnedFps) };
    // What it gets may be that already, in the place of more.
    if (decision.isRetreat && rendition !== this.#feeds.rendition) this.#feeds.retreat();
    this.#feeds.play(rendition, nowMs);
    this.#feeds.maxFps = maxFps;
    // A rendition that has yet to come is announced with its first frame.
    if (!this.#feeds.isTakingOver) this.#sayQuality();
    return facts;
  }

  /** Where another rendition runs, a viewer is not kept waiting for one that nobody makes. */
  #giveUpWhatDoesNotCome(nowMs: number): void {
    const next = this.#feeds.nextRendition;
    if (next === undefined || this.#feeds.nextWaitsMs(nowMs) <= COMES_WITHIN_MS) return;
    const options = this.#options.hub.options(nowMs);
    // What does come keeps it waiting for its keyframe alone.
    if (options.some(({ name, fps }) => name === next && (fps ?? 0) > 0)) return;
    if (options.some(({ name, isRunning }) => isRunning && name !== next)) {
      this.#qos.didNotCome(next, nowMs);
    }
  }

  #stop(): void {
    this.#feeds.stop();
    this.#probe.cancel();
  }

  #qosFacts(nowMs: number): QosFacts {
    const { hub, socket } = this.#options;
    return {
      wish: this.#wish,
      options: hub.options(nowMs),
      link: {
        lateMs: this.#queue.backlog(socket.bufferedBytes, nowMs).ageMs,
        discarded: this.#discards.refused - this.#refusalsSeen,
        undecoded: this.#undecoded,
      },
    };
  }

  #sayQuality(): void {
    const [quality, said] = [this.#quality, this.#saidQuality];
    if (quality === undefined) return;
    if (quality.rendition === said?.rendition && quality.reason === said.reason) return;
    this.#saidQuality = quality;
    this.#send(quality);
  }

  #ping(nowMs: number): void {
    this.#heartbeat.asked(nowMs);
    if (this.#options.socket.isOpen) this.#options.socket.ping();
  }

  /** A plain viewer is told nothing, ever. */
  #send(message: IngestToViewerMessage): void {
    const { socket, encoder } = this.#options;
    if (socket.isOpen && socket.speaksControl) socket.send(encoder.encode(message));
  }

  #endUnread(): void {
    this.#end(CLOSE_POLICY, "unread", "the viewer asks and does not read");
  }

  #end(closeCode: number, code: string, reason: string): void {
    if (this.#isEnded) return;
    this.#send({ type: "bye", code, reason });
    this[Symbol.dispose]();
    this.#options.socket.close(closeCode, reason);
  }
}
