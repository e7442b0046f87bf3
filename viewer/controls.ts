import { element } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";

export type Action = "play" | "fullscreen" | "capture" | "stats" | "pip";

interface Control {
  readonly action: Action;
  readonly icons: readonly IconName[];
  readonly label: string;
  readonly key: string;
}

const CONTROLS: readonly Control[] = [
  { action: "play", icons: ["pause", "play"], label: "Pause", key: " " },
  { action: "stats", icons: ["stats"], label: "Show statistics", key: "s" },
  { action: "capture", icons: ["capture"], label: "Save this picture", key: "c" },
  { action: "pip", icons: ["pip"], label: "Picture in picture", key: "p" },
  { action: "fullscreen", icons: ["fullscreen"], label: "Full screen", key: "f" },
];

/** The row of buttons of a player, and what the keyboard makes of them. */
export class Controls {
  readonly element = element("div", "controls");
  readonly #buttons = new Map<Action, HTMLButtonElement>();

  constructor(onAction: (action: Action) => void) {
    for (const { action, icons, label, key } of CONTROLS) {
      const button = element("button", "control", ...icons.map(icon));
      button.type = "button";
      button.dataset["action"] = action;
      button.setAttribute("aria-keyshortcuts", key === " " ? "Space" : key);
      button.addEventListener("click", () => onAction(action));
      this.#buttons.set(action, button);
      this.element.append(button);
      this.label(action, label);
    }
  }

  label(action: Action, label: string): void {
    const button = this.#buttons.get(action);
    if (button === undefined || button.ariaLabel === label) return;
    button.ariaLabel = label;
    button.title = label;
  }

  setPressed(action: Action, pressed: boolean): void {
    this.#buttons.get(action)?.setAttribute("aria-pressed", String(pressed));
  }

  setEnabled(action: Action, enabled: boolean): void {
    const button = this.#buttons.get(action);
    if (button !== undefined) button.disabled = !enabled;
  }

  setOffered(action: Action, offered: boolean): void {
    const button = this.#buttons.get(action);
    if (button !== undefined) button.hidden = !offered;
  }

  /** Clicks the button whose key it is. */
  press(event: KeyboardEvent): void {
    // On a button the space bar is that button's own.
    if (event.key === " " && event.target instanceof HTMLButtonElement) return;
    const control = CONTROLS.find(({ key }) => key === event.key.toLowerCase());
    if (control === undefined) return;
    event.preventDefault();
    this.#buttons.get(control.action)?.click();
  }
}
