import {
  type PlaybackSettings,
  rememberedSettings,
  rememberSettings,
  type SettingsStorage,
} from "./playback_settings.ts";

/**
 * How the user wants pictures to be played: of all players of the page, and of the next page. Has a
 * `change` event.
 */
export class SharedSettings extends EventTarget {
  readonly #storage: () => SettingsStorage;
  #current: PlaybackSettings;

  constructor(storage: () => SettingsStorage) {
    super();
    this.#storage = storage;
    this.#current = rememberedSettings(storage);
  }

  get current(): PlaybackSettings {
    return this.#current;
  }

  change(settings: PlaybackSettings): void {
    this.#current = settings;
    rememberSettings(settings, this.#storage);
    this.dispatchEvent(new Event("change"));
  }
}
