import { element, setData, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import { Player } from "./player.ts";
import type { QualityChoices } from "./quality_choices.ts";

/** The players of all streams, in a grid; with no stream, how to get one. */
export class Wall {
  readonly element = element("div", "wall");
  readonly #players = new Map<string, Player>();
  readonly #looking = element("p", "looking");
  readonly #empty = emptyState(this.#looking);
  readonly #choices: QualityChoices;
  readonly #onLogin: () => void;

  /** @param onLogin when the server asks who this is */
  constructor(choices: QualityChoices, onLogin: () => void) {
    this.#choices = choices;
    this.#onLogin = onLogin;
    this.#arrange();
  }

  /** Players that go on keep playing; new ones appear, and those not listed any more go. */
  show(streamIds: readonly string[]): void {
    setText(this.#looking, "This page keeps looking.");
    for (const [id, player] of this.#players) {
      if (streamIds.includes(id)) continue;
      player.dispose();
      this.#players.delete(id);
    }
    for (const id of streamIds) {
      if (this.#players.has(id)) continue;
      const player = new Player(id, this.#choices, this.#onLogin);
      this.#players.set(id, player);
      this.element.append(player.element);
    }
    this.#arrange();
  }

  /** Players find out for themselves; without any, the page says it. */
  showFailure(cause: string): void {
    setText(this.#looking, `The server cannot be asked for its cameras: ${cause}. Trying again.`);
  }

  /** Twice is fine. */
  dispose(): void {
    for (const player of this.#players.values()) player.dispose();
    this.#players.clear();
  }

  #arrange(): void {
    const players = this.#players.size;
    setData(this.element, "players", players === 0 ? "none" : players === 1 ? "one" : "many");
    if (players === 0) this.element.append(this.#empty);
    else this.#empty.remove();
  }
}

function emptyState(looking: HTMLElement): HTMLElement {
  return element(
    "section",
    "empty",
    icon("porthole"),
    element("h1", "", "No camera yet"),
    element("p", "", "Try it with a simulated camera:"),
    element("code", "command", "deno task dev"),
    element("p", "", "or publish one of your own:"),
    element("code", "command", "RTSP_URL=rtsp://… deno task producer"),
    looking,
  );
}
