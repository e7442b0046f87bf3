import type { Action } from "./controls.ts";
import { wantedMaxKbps } from "./data_saver.ts";
import type { PictureSize } from "./display_box.ts";
import { downloadPicture, pictureFileName } from "./download.ts";
import { GoneChoice } from "./gone_choice.ts";
import { Notice } from "./notice.ts";
import { PictureInPicture } from "./picture_in_picture.ts";
import { PlayerFrame, type PlayerView } from "./player_frame.ts";
import type { PlayerOptions } from "./player_options.ts";
import {
  brokenPresence,
  type PlayerState,
  type Presence,
  presenceOf,
  UNSUPPORTED,
} from "./presence.ts";
import { AUTO } from "./quality_choices.ts";
import { qualityViewOf } from "./quality_view.ts";
import { canPlayRemotely, RemotePlayback } from "./remote_playback.ts";
import { Sight } from "./sight.ts";
import { copyStats } from "./stats_copy.ts";
import { streamAddressOf } from "./stream_address.ts";
import type { Report } from "./worker_messages.ts";

/**
 * One player of one stream: when it plays and what its buttons and keys do. It starts when it is made
 * and ends when it is disposed; whoever made it puts `element` into the page.
 */
export class Player {
  readonly #streamId: string;
  readonly #options: PlayerOptions;
  readonly #lifetime = new AbortController();
  readonly #frame: PlayerFrame;
  readonly #notice = new Notice(() => this.#show());
  readonly #goneChoice = new GoneChoice();
  readonly #sight = new Sight(() => this.#playOrPause());
  readonly #window = new PictureInPicture({
    shownVideo: () => this.#playback?.video,
    onTrack: (track) => this.#playback?.mirrorTo(track),
    onOpen: () => this.#playOrPause(),
    onClose: () => this.#windowClosed(),
  });
  #playback: RemotePlayback | undefined;
  #maxSize: PictureSize | undefined;
  #toldLimit: PictureSize | undefined;
  #report: Report | undefined;
  #failure: Presence | undefined;
  #state: PlayerState | undefined;
  #isPausedByUser = false;

  constructor(streamId: string, options: PlayerOptions) {
    this.#streamId = streamId;
    this.#options = options;
    const { settings } = options.choices;
    this.#frame = new PlayerFrame({
      streamId,
      settings: settings.current,
      onAction: (action) => this.#act(action),
      onSelect: (selected) => this.#select(selected),
      onCopyStats: () => void this.#copyStats(),
      onSettings: (wanted) => settings.change(wanted),
      signal: this.#lifetime.signal,
    });
    this.#start();
    this.#listen();
    this.#show();
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  /** What people call the camera. */
  get name(): string {
    return this.#frame.name;
  }

  get state(): PlayerState {
    return this.#presence.state;
  }

  /** Twice is fine. */
  dispose(): void {
    this.#lifetime.abort();
    this.#sight[Symbol.dispose]();
    this.#window.close();
    this.#notice[Symbol.dispose]();
    this.#playback?.[Symbol.dispose]();
    this.#playback = undefined;
    this.#frame[Symbol.dispose]();
  }

  /** A tile of a wall shows less of itself, and is a link to more. */
  showAs(view: PlayerView): void {
    this.#frame.showAs(view);
    this.#tellLimit();
    this.#tellHistory();
  }

  /** Pictures larger than that are of no use in a tile. */
  limit(maxSize: PictureSize): void {
    if (maxSize === this.#maxSize) return;
    this.#maxSize = maxSize;
    this.#tellLimit();
  }

  /** Out of sight it pauses, in sight again it goes on. */
  setInView(isInView: boolean): void {
    this.#sight.setInView(isInView);
  }

  /** For the keyboard. */
  focus(): void {
    this.#frame.focus();
  }

  /** What a key does to a player; those of a list are the list's own. */
  press(event: KeyboardEvent): void {
    const { view, zoom, quality, controls } = this.#frame;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof HTMLSelectElement) return;
    if (view === "full" && zoom.press(event)) return event.preventDefault();
    if (event.repeat) return;
    const key = event.key.toLowerCase();
    if (view === "tile" && (key === "s" || key === "q")) return;
    if (key === "q") quality.focus();
    else controls.press(event);
  }

  get #playing(): boolean {
    return !this.#isPausedByUser && (this.#sight.isSeen || this.#window.isOpen);
  }

  get #limit(): PictureSize | undefined {
    const { view, isFullscreen } = this.#frame;
    return view === "full" || isFullscreen ? undefined : this.#maxSize;
  }

  get #presence(): Presence {
    return this.#failure ?? presenceOf(this.#report, this.#playing);
  }

  get #selected(): string {
    return this.#options.choices.qualities.of(this.#streamId);
  }

  #start(): void {
    if (!canPlayRemotely()) {
      this.#failure = UNSUPPORTED;
      return;
    }
    this.#toldLimit = this.#limit;
    const { socketUrl, streamUrl } = streamAddressOf(`ws/${this.#streamId}`, document.baseURI);
    this.#playback = new RemotePlayback({
      canvas: this.#frame.canvas,
      socketUrl,
      streamUrl,
      playing: this.#playing,
      selected: this.#selected,
      maxKbps: wantedMaxKbps(navigator),
      maxSize: this.#toldLimit,
      settings: this.#options.choices.settings.current,
      onReport: (report) => this.#reported(report),
      onElement: () => this.#elementChanged(),
      onFailure: (cause) => this.#failed(cause),
    });
  }

  #listen(): void {
    const { signal } = this.#lifetime;
    const { settings } = this.#options.choices;
    this.element.addEventListener("keydown", (event) => this.press(event), { signal });
    settings.addEventListener("change", () => this.#settingsChanged(), { signal });
    document.addEventListener("fullscreenchange", () => this.#fullscreenChanged(), { signal });
  }

  #reported(report: Report): void {
    this.#report = report;
    if (this.#goneChoice.isGivenUp(this.#selected, report, performance.now())) {
      this.#notice.say(`Quality is automatic again: “${this.#selected}” cannot be had any more`);
      this.#select(AUTO);
    }
    this.#show();
    if (report.connection === "login") this.#options.onLogin();
  }

  #failed(cause: string): void {
    this.#failure = brokenPresence(cause);
    this.#show();
  }

  #act(action: Action): void {
    switch (action) {
      case "play":
        this.#isPausedByUser = !this.#isPausedByUser;
        this.#playOrPause();
        break;
      case "stats":
        this.#frame.togglePanel();
        this.#tellHistory();
        break;
      case "capture":
        void this.#capture();
        break;
      case "pip":
        this.#window.toggle().catch((cause) =>
          this.#notice.say(`Picture in picture was refused: ${cause}`)
        );
        break;
      case "fullscreen":
        this.#frame.toggleFullscreen().catch((cause) =>
          this.#notice.say(`Full screen was refused: ${cause}`)
        );
        break;
    }
  }

  #select(selected: string): void {
    this.#options.choices.qualities.choose(this.#streamId, selected);
    this.#playback?.select(selected);
    this.#show();
  }

  async #capture(): Promise<void> {
    if (this.#playback === undefined) return;
    try {
      const png = await this.#playback.capture();
      downloadPicture(png, pictureFileName(this.#streamId, new Date()));
    } catch (cause) {
      this.#notice.say(`The picture could not be saved: ${cause}`);
    }
  }

  async #copyStats(): Promise<void> {
    const quality = qualityViewOf(this.#report, this.#selected);
    this.#notice.say(
      await copyStats({
        stream: this.#streamId,
        presence: this.#presence,
        settings: this.#options.choices.settings.current,
        quality,
        report: this.#report,
      }),
    );
  }

  /** A hidden tab paints nothing, so nothing is sent to it; what the user paused stays so. */
  #playOrPause(): void {
    this.#playback?.setPlaying(this.#playing);
    this.#show();
  }

  #settingsChanged(): void {
    const { current } = this.#options.choices.settings;
    this.#frame.showSettings(current);
    if (this.#playback !== undefined) this.#playback.settings = current;
  }

  #tellLimit(): void {
    const limit = this.#limit;
    if (limit === this.#toldLimit) return;
    this.#toldLimit = limit;
    this.#playback?.limit(limit);
  }

  /** Nobody sees a tile's. */
  #tellHistory(): void {
    this.#playback?.tellHistory(this.#frame.view === "full" && this.#frame.panel.visible);
  }

  #fullscreenChanged(): void {
    this.#tellLimit();
    this.#frame.zoom.reset();
    this.#show();
  }

  #elementChanged(): void {
    this.#window.elementChanged();
    this.#show();
  }

  #windowClosed(): void {
    this.#playback?.mirrorTo(undefined);
    this.#playOrPause();
  }

  #show(): void {
    const presence = this.#presence;
    this.#frame.show({
      report: this.#report,
      presence,
      quality: qualityViewOf(this.#report, this.#selected),
      notice: this.#notice.text,
      isPausedByUser: this.#isPausedByUser,
      canPlay: this.#failure === undefined,
      isPictureInPictureOffered: this.#window.isOffered,
      isInPictureInPicture: this.#window.isOpen,
    });
    if (presence.state === this.#state) return;
    this.#state = presence.state;
    this.#options.onState?.(presence.state);
  }
}
