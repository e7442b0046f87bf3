import assert from "node:assert/strict";
import type * as declaredEmbed from "../static/embed.d.ts";
import type * as declaredWatch from "../static/watch.d.ts";
import type * as frameWatch from "./frame_watch.ts";
import type { PortholePlayerElement, StateChange } from "./player_element.ts";
import type * as playerState from "./player_state.ts";

type Same<One, Other> = [One] extends [Other] ? [Other] extends [One] ? true : false : false;

/** Each is `true` to the type checker, or this file does not compile. */
interface Declarations {
  readonly states: Same<declaredEmbed.EmbedState, playerState.EmbedState>;
  readonly errors: Same<declaredEmbed.PlayerError, playerState.PlayerError>;
  readonly stats: Same<declaredEmbed.PlayerStats, playerState.PlayerStats>;
  readonly change: Same<declaredEmbed.StateChange, StateChange>;
  readonly element: PortholePlayerElement extends declaredEmbed.PortholePlayerElement ? true
    : false;
  readonly watchStates: Same<declaredWatch.WatchState, frameWatch.WatchState>;
  readonly picture: Same<declaredWatch.WatchedPicture, frameWatch.WatchedPicture>;
  readonly options: declaredWatch.WatchOptions extends frameWatch.WatchOptions ? true : false;
  readonly watch: frameWatch.FrameWatch extends declaredWatch.FrameWatch ? true : false;
}

Deno.test("what is declared for TypeScript is what there is", () => {
  const declarations: Declarations = {
    ...{ states: true, errors: true, stats: true, change: true, element: true },
    ...{ watchStates: true, picture: true, options: true, watch: true },
  };
  assert.ok(Object.values(declarations).every((isTrue) => isTrue));
});
