import { element } from "./dom.ts";
import { Login } from "./login.ts";
import { Player } from "./player.ts";
import { QualityChoices } from "./quality_choices.ts";
import { askForRefusal } from "./refusal.ts";
import type { Route } from "./route.ts";
import { credentialsOf, isLoggedIn, logIn, logOut } from "./session.ts";
import { watchStreamList } from "./stream_list.ts";
import { Wall } from "./wall.ts";

const STREAMS_URL = new URL("api/streams", document.baseURI);
const SESSION_URL = new URL("api/session", document.baseURI);

export interface PageParts {
  readonly header: HTMLElement;
  readonly main: HTMLElement;
}

/** What the page's address asks for, or, in the place of it, the login that it takes. */
export class Page {
  readonly #route: Route;
  readonly #main: HTMLElement;
  readonly #choices = new QualityChoices();
  readonly #logOut = element("button", "log-out", "Log out");
  /** Ends what is shown. */
  #shown = new AbortController();
  #hasBeenIn = false;

  constructor(route: Route, { header, main }: PageParts) {
    this.#route = route;
    this.#main = main;
    this.#logOut.type = "button";
    this.#logOut.hidden = true;
    this.#logOut.addEventListener("click", () => void this.#leave());
    header.append(this.#logOut);
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
    const onLogin = () => this.#needLogin();
    switch (route.page) {
      case "one": {
        document.title = `${route.streamId} · Porthole`;
        const player = new Player(route.streamId, this.#choices, onLogin);
        this.#show(player.element, "alone").addEventListener("abort", () => player.dispose());
        break;
      }
      case "invalid":
        this.#show(invalidStream(route.streamId));
        break;
      case "all": {
        const wall = new Wall(this.#choices, onLogin);
        const signal = this.#show(wall.element);
        signal.addEventListener("abort", () => wall.dispose());
        void watchStreamList(STREAMS_URL, {
          onStreams: (streamIds) => wall.show(streamIds),
          onFailure: (cause) => wall.showFailure(cause),
          onLogin,
        }, signal);
        break;
      }
    }
    void this.#offerToLeave();
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
