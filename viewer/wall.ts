import { element, setData, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import { Player } from "./player.ts";
import type { PlayerChoices } from "./player_options.ts";
import { TileLimit } from "./tile_limit.ts";
import { neighbourOf, TileRoster } from "./tile_roster.ts";
import { layoutOf, type WallLayout } from "./wall_layout.ts";
import { wallStatusOf } from "./wall_status.ts";

/** Of a tile. Cameras of another shape have black beside them: tiles do not move as pictures come. */
const ASPECT = 16 / 9;
/** What is just out of sight is going already when it comes into sight. */
const SIGHT_MARGIN = "15%";
/** Many states change at once; they are said once. */
const SAID_AFTER_MS = 1000;

export interface WallOptions {
  readonly choices: PlayerChoices;
  /** When the server asks who this is. */
  readonly onLogin: () => void;
  /** When the user wants to see one alone. */
  readonly onOpen: (streamId: string) => void;
}

/** The players of all streams, in a grid or one of them full; with no stream, how to get one. */
export class Wall {
  readonly element = element("div", "wall");
  readonly #options: WallOptions;
  readonly #players = new Map<string, Player>();
  readonly #roster = new TileRoster();
  readonly #limit = new TileLimit();
  readonly #looking = element("p", "looking");
  readonly #empty = emptyState(this.#looking);
  readonly #status = element("p", "unseen");
  readonly #lifetime = new AbortController();
  readonly #sight = new IntersectionObserver((entries) => this.#seen(entries), {
    rootMargin: SIGHT_MARGIN,
  });
  readonly #size = new ResizeObserver(() => this.#arrange());
  #listed: readonly string[] = [];
  #opened: string | undefined;
  #columns = 1;
  #saying: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WallOptions) {
    this.#options = options;
    const { signal } = this.#lifetime;
    this.#status.role = "status";
    this.element.append(element("h1", "unseen", "Cameras"), this.#status);
    this.element.addEventListener("click", (event) => this.#clicked(event), { signal });
    addEventListener("resize", () => this.#arrange(), { signal });
    this.#size.observe(this.element);
    this.#arrange();
  }

  /** The stream that fills it, if one does. */
  get opened(): string | undefined {
    return this.#opened;
  }

  /** Players that go on keep playing; new ones appear, and those that are gone for long go. */
  show(streamIds: readonly string[]): void {
    setText(this.#looking, "This page keeps looking.");
    this.#listed = this.#roster.update(streamIds, performance.now());
    this.#update();
  }

  /** Players find out for themselves; without any, the page says it. */
  showFailure(cause: string): void {
    setText(this.#looking, `The server cannot be asked for its cameras: ${cause}. Trying again.`);
  }

  /** One of them full, or the grid again. Its last picture is there until it has a better one. */
  open(streamId: string | undefined): void {
    const before = this.#opened;
    if (streamId === before) return;
    this.#opened = streamId;
    this.#update();
    const focused = streamId ?? before;
    if (focused !== undefined) this.#players.get(focused)?.focus();
  }

  /** The stream so many places on from the one that is full; `undefined` for none. */
  neighbour(places: number): string | undefined {
    return this.#opened === undefined ? undefined : neighbourOf(this.#listed, this.#opened, places);
  }

  /** What keys do to the player that is full, or from tile to tile. */
  press(event: KeyboardEvent): void {
    const full = this.#full;
    if (full !== undefined) this.#players.get(full)?.press(event);
    else this.#step(event);
  }

  /** Twice is fine. */
  dispose(): void {
    this.#lifetime.abort();
    this.#sight.disconnect();
    this.#size.disconnect();
    clearTimeout(this.#saying);
    for (const player of this.#players.values()) player.dispose();
    this.#players.clear();
  }

  /** The one that was opened, or the only one there is. */
  get #full(): string | undefined {
    const [only, ...others] = this.#players.keys();
    return this.#opened ?? (others.length === 0 ? only : undefined);
  }

  #update(): void {
    const wanted = this.#opened === undefined || this.#listed.includes(this.#opened)
      ? this.#listed
      : [...this.#listed, this.#opened];
    for (const [id, player] of this.#players) {
      if (!wanted.includes(id)) this.#remove(id, player);
    }
    this.#arrange(wanted.length);
    wanted.forEach((id, place) => this.#players.has(id) || this.#add(id, place));
    this.#arrange();
    const full = this.#full;
    for (const [id, player] of this.#players) {
      player.showAs(id === full ? "full" : "tile");
      player.element.hidden = this.#opened !== undefined && id !== this.#opened;
    }
    this.#sayLater();
  }

  #add(id: string, place: number): void {
    const { choices, onLogin } = this.#options;
    const onState = () => this.#sayLater();
    const player = new Player(id, { choices, onLogin, onState });
    this.#players.set(id, player);
    const after = this.element.querySelectorAll(":scope > .player")[place];
    this.element.insertBefore(player.element, after ?? null);
    this.#sight.observe(player.element);
  }

  #remove(id: string, player: Player): void {
    this.#sight.unobserve(player.element);
    this.#players.delete(id);
    player.dispose();
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      for (const player of this.#players.values()) {
        if (player.element === target) player.setInView(isIntersecting);
      }
    }
  }

  /** Where each tile is, whatever its picture. */
  #arrange(count = this.#players.size): void {
    const { style } = this.element;
    setData(this.element, "players", count === 0 ? "none" : count === 1 ? "one" : "many");
    setData(this.element, "view", this.#opened === undefined ? "grid" : "full");
    if (count === 0) this.element.append(this.#empty);
    else this.#empty.remove();
    if (count < 2 || this.#opened !== undefined) return;
    const layout = this.#layout(count);
    this.#columns = layout.columns;
    setData(this.element, "scrolls", String(layout.scrolls));
    style.setProperty("--columns", String(layout.columns));
    style.setProperty("--tile-width", `${layout.tileWidthPx}px`);
    style.setProperty("--tile-height", `${layout.tileHeightPx}px`);
    const limit = this.#limit.limitFor({
      widthPx: layout.tileWidthPx * devicePixelRatio,
      heightPx: layout.tileHeightPx * devicePixelRatio,
    });
    for (const player of this.#players.values()) player.limit(limit);
  }

  #layout(count: number): WallLayout {
    const { top } = this.element.getBoundingClientRect();
    const gapPx = Number.parseFloat(getComputedStyle(this.element).columnGap) || 0;
    const belowPx = document.documentElement.clientHeight - (top + scrollY) - gapPx;
    return layoutOf(count, {
      widthPx: this.element.clientWidth,
      heightPx: Math.max(1, belowPx),
      gapPx,
      aspect: ASPECT,
    });
  }

  #clicked(event: MouseEvent): void {
    // Another tab, another window: the browser's own.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = event.target instanceof Element ? event.target.closest("a.open") : null;
    const streamId = this.#streamAt(link);
    if (streamId === undefined) return;
    event.preventDefault();
    this.#options.onOpen(streamId);
  }

  #step(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.#columns,
      ArrowDown: this.#columns,
    };
    const step = steps[event.key];
    if (step === undefined || event.defaultPrevented || event.altKey) return;
    const focused = this.#streamAt(document.activeElement);
    const at = focused === undefined ? -1 : this.#listed.indexOf(focused);
    const next = this.#listed[at < 0 ? 0 : at + step];
    event.preventDefault();
    if (next !== undefined) this.#players.get(next)?.focus();
  }

  #streamAt(node: Element | null): string | undefined {
    const player = node?.closest(".player");
    return player instanceof HTMLElement ? player.dataset["stream"] : undefined;
  }

  /** For who cannot see it. */
  #sayLater(): void {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      const states = [...this.#players.values()].map(({ name, state }) => ({ name, state }));
      setText(this.#status, this.#opened === undefined ? wallStatusOf(states) : "");
    }, SAID_AFTER_MS);
  }
}

function emptyState(looking: HTMLElement): HTMLElement {
  return element(
    "section",
    "empty",
    icon("porthole"),
    element("h2", "", "No camera yet"),
    element("p", "", "Try it with a simulated camera:"),
    element("code", "command", "deno task dev"),
    element("p", "", "or publish one of your own:"),
    element("code", "command", "RTSP_URL=rtsp://… deno task producer"),
    looking,
  );
}
