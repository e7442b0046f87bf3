import { element } from "./dom.ts";
import { icon } from "./icons.ts";

/** What the keyboard does, in the order of the overlay. */
const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["Enter"], "open a camera of the wall"],
  [["Esc"], "back to all cameras"],
  [["←", "→", "↑", "↓"], "another camera; another part of a picture that is zoomed in"],
  [["Space"], "pause, and play"],
  [["F"], "full screen, and back"],
  [["C"], "save the picture as a PNG"],
  [["S"], "statistics"],
  [["P"], "picture in picture"],
  [["Q"], "quality"],
  [["+", "−", "0"], "zoom in, out, the whole picture"],
  [["?"], "this help"],
];

const TOUCH =
  "On the picture: wheel or two fingers zoom, dragging moves it, a double tap zooms in " +
  "and out, a double click fills the screen.";

/** What can be done by which key, over the page. */
export class Help {
  readonly element = element("dialog", "help");

  constructor() {
    const title = element("h2", "", "Keys");
    title.id = "help-title";
    const close = element("button", "control help-close", icon("close"));
    close.type = "button";
    close.ariaLabel = "Close help";
    close.addEventListener("click", () => this.element.close());
    this.element.setAttribute("aria-labelledby", title.id);
    this.element.append(
      element("div", "help-head", title, close),
      element("dl", "help-keys", ...KEYS.map(row)),
      element("p", "", TOUCH),
    );
    // A click on what is behind it lands on the dialog itself.
    this.element.addEventListener("click", ({ target }) => {
      if (target === this.element) this.element.close();
    });
  }

  get isOpen(): boolean {
    return this.element.open;
  }

  toggle(): void {
    if (this.element.open) this.element.close();
    else this.element.showModal();
  }
}

function row([keys, what]: readonly [readonly string[], string]): HTMLElement {
  const shown = keys.map((key) => element("kbd", "", key));
  return element("div", "help-key", element("dt", "", ...shown), element("dd", "", what));
}
