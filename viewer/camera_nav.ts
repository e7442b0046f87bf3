import { element } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";

export interface CameraNavHandlers {
  onBack(): void;
  onStep(places: number): void;
}

/** From one camera to the others, for who has no keyboard. */
export class CameraNav {
  readonly element = element("nav", "camera-nav");

  constructor({ onBack, onStep }: CameraNavHandlers) {
    this.element.ariaLabel = "Cameras";
    this.element.hidden = true;
    this.element.append(
      button("back", "All cameras", "Escape", onBack),
      button("previous", "Previous camera", "ArrowLeft", () => onStep(-1)),
      button("next", "Next camera", "ArrowRight", () => onStep(1)),
    );
  }

  show(shown: boolean): void {
    this.element.hidden = !shown;
  }
}

function button(
  name: IconName,
  label: string,
  key: string,
  onClick: () => void,
): HTMLButtonElement {
  const made = element("button", "control", icon(name));
  made.type = "button";
  made.ariaLabel = label;
  made.title = label;
  made.dataset["action"] = name;
  made.setAttribute("aria-keyshortcuts", key);
  made.addEventListener("click", onClick);
  return made;
}
