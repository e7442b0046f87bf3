export interface KeyboardHandlers {
  onHelp(): void;
  /** Back to where all cameras are. */
  onBack(): void;
  /** For what is shown. */
  onKey(event: KeyboardEvent): void;
  /** Another camera, so many places on; not where a key did something else. */
  onStep(places: number): void;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
};

/** Keys that are pressed anywhere in the page; what has them first may keep them to itself. */
export function listenToKeyboard(handlers: KeyboardHandlers, signal: AbortSignal): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (!(target instanceof Element) || target.closest("dialog, input, select, textarea")) return;
    if (event.key === "?") return handlers.onHelp();
    if (event.key === "Escape") return handlers.onBack();
    // A player that has the focus was asked already.
    if (target.closest(".player[data-view=full]") === null) handlers.onKey(event);
    const places = STEPS[event.key];
    if (places === undefined || event.defaultPrevented) return;
    handlers.onStep(places);
  }, { signal });
}
