import { element } from "./dom.ts";
import { type PlaybackSettings, wayChoiceOf } from "./playback_settings.ts";
import { WAY_NAMES, WAYS } from "./ways.ts";

const SMOOTHING_STEPS_MS = [0, 50, 100, 200];

/** How pictures are played, to be chosen: two rows for the statistics of a player. */
export class SettingsRows {
  readonly element = element("dl", "stat-rows");
  readonly #way = list("way", "Decode by", [
    ["auto", "Automatic"],
    ...WAYS.map((way): Option => [way, WAY_NAMES[way]]),
  ]);
  readonly #smoothing = list(
    "smoothing",
    "Smooth over",
    SMOOTHING_STEPS_MS.map((
      ms,
    ): Option => [`${ms}`, ms === 0 ? "Nothing: newest first" : `${ms} ms`]),
  );

  constructor(settings: PlaybackSettings, onChange: (settings: PlaybackSettings) => void) {
    this.show(settings);
    this.element.append(this.#way.row, this.#smoothing.row);
    for (const { select } of [this.#way, this.#smoothing]) {
      select.addEventListener("change", () =>
        onChange({
          wayChoice: wayChoiceOf(this.#way.select.value),
          smoothingMs: Number(this.#smoothing.select.value),
        }));
    }
  }

  show({ wayChoice, smoothingMs }: PlaybackSettings): void {
    this.#way.select.value = wayChoice;
    this.#smoothing.select.value = `${smoothingMs}`;
  }
}

type Option = readonly [value: string, label: string];

function list(name: string, label: string, options: readonly Option[]) {
  const select = element("select", "setting");
  select.ariaLabel = label;
  select.dataset["action"] = name;
  select.append(...options.map(([value, text]) => new Option(text, value)));
  return {
    select,
    row: element("div", "stat", element("dt", "", label), element("dd", "", select)),
  };
}
