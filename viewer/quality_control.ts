import { element, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import type { QualityOption, QualityView } from "./quality_view.ts";

/**
 * What plays, why, and the choice of it: a badge with the browser's own `<select>` over it, unseen,
 * so that the badge can say more than the choice and keyboards, screen readers and phones find what
 * they know.
 */
export class QualityControl {
  readonly element = element("span", "quality");
  readonly #select = element("select", "quality-choice");
  readonly #name = element("span", "quality-name");
  readonly #size = element("span", "quality-size");
  readonly #pinned = element("span", "quality-pinned", "pinned");
  readonly #slow = element("span", "quality-slow", "slow link");
  #listed = "";

  constructor(onSelect: (selected: string) => void) {
    this.#select.ariaLabel = "Quality";
    this.#select.dataset["action"] = "quality";
    this.#select.setAttribute("aria-keyshortcuts", "q");
    this.#select.addEventListener("change", () => onSelect(this.#select.value));
    const text = [this.#name, this.#size, this.#pinned, this.#slow];
    this.element.append(...text, icon("choose"), this.#select);
  }

  /** For the keyboard. */
  focus(): void {
    this.#select.focus();
  }

  show(view: QualityView): void {
    this.element.hidden = view.name === "";
    setText(this.#name, view.name);
    setText(this.#size, view.size);
    this.#size.hidden = view.size === "";
    this.#pinned.hidden = !view.isPinned;
    this.#slow.hidden = !view.isLinkSlow;
    if (this.element.title !== view.description) {
      this.element.title = view.description;
      this.#select.ariaDescription = view.description;
    }
    this.#list(view.options);
    if (this.#select.value !== view.selected) this.#select.value = view.selected;
  }

  /** Anew only when it is another list: an open one would close. */
  #list(options: readonly QualityOption[]): void {
    const listed = JSON.stringify(options);
    if (listed === this.#listed) return;
    this.#listed = listed;
    this.#select.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
  }
}
