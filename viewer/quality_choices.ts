/** What `select` calls the rendition that ingest thinks best. SPEC.md, "select". */
export const AUTO = "auto";

/** Which rendition the user chose for which stream, for as long as the page lives. */
export class QualityChoices {
  readonly #selected = new Map<string, string>();

  /** A rendition's name, or {@link AUTO}. */
  of(streamId: string): string {
    return this.#selected.get(streamId) ?? AUTO;
  }

  choose(streamId: string, selected: string): void {
    if (selected === AUTO) this.#selected.delete(streamId);
    else this.#selected.set(streamId, selected);
  }
}
