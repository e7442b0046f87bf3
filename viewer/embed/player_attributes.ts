import { AUTO } from "../quality_choices.ts";

/** Properties that are attributes, by the same name. */
export const REFLECTED = ["src", "quality", "fit", "poster", "controls", "muted"] as const;

/** What a page says of a player, as properties that follow the attributes. */
export abstract class PlayerAttributes extends HTMLElement {
  /** Of the stream: `wss://host/ws/door`. Another one starts anew. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(src: string) {
    this.setAttribute("src", src);
  }

  /** What is wished for: `auto`, or the name of a rendition. */
  get quality(): string {
    return this.getAttribute("quality") || AUTO;
  }

  set quality(quality: string) {
    this.setAttribute("quality", quality);
  }

  /** How the picture is put into its box, as `object-fit`: `contain`, `cover` or `fill`. */
  get fit(): string {
    return this.getAttribute("fit") ?? "contain";
  }

  set fit(fit: string) {
    this.setAttribute("fit", fit);
  }

  /** URL of what is shown before there is a picture. */
  get poster(): string {
    return this.getAttribute("poster") ?? "";
  }

  set poster(poster: string) {
    this.setAttribute("poster", poster);
  }

  get controls(): boolean {
    return this.hasAttribute("controls");
  }

  set controls(controls: boolean) {
    this.toggleAttribute("controls", controls);
  }

  /** There is no sound yet: it says what is wished for. */
  get muted(): boolean {
    return this.hasAttribute("muted");
  }

  set muted(muted: boolean) {
    this.toggleAttribute("muted", muted);
  }
}
