import type { PlayerState } from "./presence.ts";
import type { QualityChoices } from "./quality_choices.ts";
import type { SharedSettings } from "./shared_settings.ts";

/** What the user chose, for all players of a page. */
export interface PlayerChoices {
  readonly qualities: QualityChoices;
  readonly settings: SharedSettings;
}

export interface PlayerOptions {
  readonly choices: PlayerChoices;
  /** When the server asks who this is; it is not tried again before that is known. */
  readonly onLogin: () => void;
  /** When it is in another state than before. */
  readonly onState?: (state: PlayerState) => void;
}
