/**
 * `/embed.js`: makes `<porthole-player>` known to the page that loads it. Twice is fine.
 *
 * @module
 */
import { PortholePlayerElement } from "./embed/player_element.ts";

export type { PlayerError, PlayerErrorCode, PlayerStats } from "./embed/player_state.ts";
export type { EmbedState } from "./embed/player_state.ts";
export type { StateChange } from "./embed/player_element.ts";
export { PortholePlayerElement };

const TAG = "porthole-player";

if (customElements.get(TAG) === undefined) customElements.define(TAG, PortholePlayerElement);
