import { CameraNav } from "./camera_nav.ts";
import { element } from "./dom.ts";
import { Help } from "./help.ts";
import { icon } from "./icons.ts";
import { listenToKeyboard } from "./keyboard.ts";
import { Login } from "./login.ts";
import { Player } from "./player.ts";
import type { PlayerChoices } from "./player_options.ts";
import { QualityChoices } from "./quality_choices.ts";
import { askForRefusal } from "./refusal.ts";
import { addressOf, type Route, routeOf } from "./route.ts";
import { SharedSettings } from "./shared_settings.ts";
import { credentialsOf, isLoggedIn, logIn, logOut } from "./session.ts";
import { fetchStreamIds, watchStreamList } from "./stream_list.ts";
import { neighbourOf } from "./tile_roster.ts";
import { Wall } from "./wall.ts";

const STREAMS_URL = new URL("api/streams", document.baseURI);
const SESSION_URL = new URL("api/session", document.baseURI);

export interface PageParts {
  readonly header: HTMLElement;
  readonly main: HTMLElement;
}

interface HistoryState {
  /** The entry before this one is the wall. */
  readonly cameFromWall: boolean;
}

/** What the page's address asks for, or, in the place of it, the login that it takes. */
export class Page {
  #route: Route;
  readonly #main: HTMLElement;
  readonly #choices: PlayerChoices = {
    qualities: new QualityChoices(),
    settings: new SharedSettings(() => localStorage),
  };
  readonly #logOut = element("button", "log-out", "Log out");
  readonly #help = new Help();
  readonly #nav = new CameraNav({
    onBack: () => this.#back(),
    onStep: (places) => void this.#step(places),
  });
  /** Ends what is shown. */
  #shown = new AbortController();
  #wall: Wall | undefined;
  /** The one that was asked for alone. */
  #player: Player | undefined;
  #hasBeenIn = false;

  constructor(route: Route, { header, main }: PageParts) {
    this.#route = route;
    this.#main = main;
    this.#logOut.type = "button";
    this.#logOut.hidden = true;
    this.#logOut.addEventListener("click", () => void this.#leave());
    const tools = element("div", "tools", this.#logOut, helpButton(this.#help));
    header.append(this.#nav.element, tools);
    document.body.append(this.#help.element);
    header.querySelector(".brand")?.addEventListener("click", (event) => this.#goHome(event));
    const signal = new AbortController().signal; // for as long as the page lives
    addEventListener("popstate", () => this.#follow(routeOf(location.search)), { signal });
    listenToKeyboard({
      onHelp: () => this.#help.toggle(),
      onBack: () => this.#back(),
      onKey: (event) => (this.#wall ?? this.#player)?.press(event),
      onStep: (places) => void this.#step(places),
    }, signal);
  }

  /** @param sharedToken of the link that led here; whoever is let in already has no need of it */
  async start(sharedToken: string | undefined): Promise<void> {
    if (sharedToken !== undefined && await this.#isRefused()) {
      const problem = await logIn(SESSION_URL, { token: sharedToken });
      if (problem !== undefined) return this.#showLogin(`The link does not do: ${problem}`);
    }
    this.#showContent();
  }

  async #isRefused(): Promise<boolean> {
    const route = this.#route;
    const path = route.page === "one" ? `/${encodeURIComponent(route.streamId)}` : "";
    return await askForRefusal(STREAMS_URL.href + path) !== undefined;
  }

  #showContent(): void {
    const route = this.#route;
    switch (route.page) {
      case "one":
        this.#showAlone(route.streamId);
        break;
      case "invalid":
        this.#show(invalidStream(route.streamId));
        break;
      case "all":
        this.#showWall();
        break;
    }
    this.#showWhere();
    void this.#offerToLeave();
  }

  #showAlone(streamId: string): void {
    const player = new Player(streamId, {
      choices: this.#choices,
      onLogin: () => this.#needLogin(),
    });
    const signal = this.#show(player.element, "alone");
    this.#player = player;
    signal.addEventListener("abort", () => {
      player.dispose();
      this.#player = undefined;
    });
  }

  #showWall(): void {
    const onLogin = () => this.#needLogin();
    const wall = new Wall({
      choices: this.#choices,
      onLogin,
      onOpen: (streamId) => this.#goTo({ page: "one", streamId }),
    });
    const signal = this.#show(wall.element);
    this.#wall = wall;
    signal.addEventListener("abort", () => {
      wall.dispose();
      this.#wall = undefined;
    });
    void watchStreamList(STREAMS_URL, {
      onStreams: (streamIds) => wall.show(streamIds),
      onFailure: (cause) => wall.showFailure(cause),
      onLogin,
    }, signal);
  }

  /** Goes on in the history. */
  #goTo(route: Route): void {
    const cameFromWall: HistoryState = { cameFromWall: this.#route.page === "all" };
    history.pushState(cameFromWall, "", addressOf(route));
    this.#follow(route);
  }

  /** A wall that is there opens what is asked for; everything else is shown anew. */
  #follow(route: Route): void {
    this.#route = route;
    if (this.#wall === undefined || route.page === "invalid") return this.#showContent();
    this.#wall.open(route.page === "one" ? route.streamId : undefined);
    this.#showWhere();
  }

  /** As the browser's own button does, where that leads to the wall. */
  #back(): void {
    if (this.#route.page === "all" || document.fullscreenElement !== null) return;
    const state: Partial<HistoryState> | null = history.state;
    if (state?.cameFromWall === true) history.back();
    else this.#goTo({ page: "all" });
  }

  #goHome(event: Event): void {
    const isPlain = event instanceof MouseEvent && !event.ctrlKey && !event.metaKey &&
      !event.shiftKey;
    if (!isPlain || this.#wall === undefined) return;
    event.preventDefault();
    this.#back();
  }

  /** To another camera. One that is shown alone does not know the others: they are asked for. */
  async #step(places: number): Promise<void> {
    const route = this.#route;
    if (route.page !== "one") return;
    const next = this.#wall === undefined
      ? await neighbourAlone(route.streamId, places)
      : this.#wall.neighbour(places);
    // In the place of this one: going back leads to the wall, not through all cameras.
    if (next === undefined || this.#route !== route) return;
    const there: Route = { page: "one", streamId: next };
    history.replaceState(history.state, "", addressOf(there));
    this.#follow(there);
  }

  #showWhere(): void {
    const route = this.#route;
    document.title = route.page === "one" ? `${route.streamId} · Porthole` : "Porthole";
    this.#nav.show(route.page === "one");
  }

  async #offerToLeave(): Promise<void> {
    const { signal } = this.#shown;
    try {
      const isIn = await isLoggedIn(SESSION_URL);
      if (signal.aborted) return;
      this.#hasBeenIn ||= isIn;
      this.#logOut.hidden = !isIn;
    } catch {
      return; // the players say what is the matter with the server
    }
  }

  async #leave(): Promise<void> {
    try {
      await logOut(SESSION_URL);
    } catch {
      return; // still logged in, as the page still shows
    }
    this.#showLogin("You are logged out.");
  }

  #needLogin(): void {
    this.#showLogin(this.#hasBeenIn ? "Your session has ended. Log in to go on watching." : "");
  }

  #showLogin(notice: string): void {
    const login = new Login({
      notice,
      onTry: async (typed) => {
        const problem = await logIn(SESSION_URL, credentialsOf(typed));
        if (problem === undefined) this.#showContent();
        return problem;
      },
    });
    this.#logOut.hidden = true;
    this.#nav.show(false);
    this.#show(login.element);
    login.focus();
  }

  /** In the place of what was shown before. The signal is aborted when something else is. */
  #show(content: HTMLElement, ...classNames: string[]): AbortSignal {
    this.#shown.abort();
    this.#shown = new AbortController();
    this.#main.className = classNames.join(" ");
    this.#main.replaceChildren(content);
    return this.#shown.signal;
  }
}

async function neighbourAlone(streamId: string, places: number): Promise<string | undefined> {
  try {
    const listed = await fetchStreamIds(STREAMS_URL);
    return listed === "login" ? undefined : neighbourOf(listed.toSorted(), streamId, places);
  } catch {
    return undefined; // the player says what is the matter with the server
  }
}

function helpButton(help: Help): HTMLElement {
  const button = element("button", "control", icon("help"));
  button.type = "button";
  button.ariaLabel = "Keys and help";
  button.title = "Keys and help (?)";
  button.setAttribute("aria-keyshortcuts", "?");
  button.addEventListener("click", () => help.toggle());
  return button;
}

function invalidStream(streamId: string): HTMLElement {
  const home = element("a", "", "See all cameras");
  home.href = ".";
  return element(
    "section",
    "empty",
    element("h1", "", "There is no such camera"),
    element("p", "", `“${streamId}” is not the name of a stream.`),
    element("p", "", home),
  );
}
