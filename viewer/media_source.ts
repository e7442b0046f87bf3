/**
 * What plays by Media Source: a bundle of its own, loaded where it is needed.
 *
 * @module
 */
export { MediaScreen } from "./media/media_screen.ts";
