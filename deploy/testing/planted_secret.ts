/** A secret put where it must not come out again, and every way in which it might. */
export interface PlantedSecret {
  readonly name: string;
  readonly value: string;
  /** Sent with it as `user:secret`, in Basic. */
  readonly user?: string;
}

/** Where a secret came out, and how it was written there. */
export interface Leak {
  readonly secret: string;
  readonly written: string;
  readonly place: string;
  /** The text around it. */
  readonly context: string;
}

const CONTEXT_CHARS = 60;

/** All leaks of `secrets` in texts that left a process; `seen` names each by its place. */
export function leaksIn(
  seen: Readonly<Record<string, string>>,
  secrets: readonly PlantedSecret[],
): Leak[] {
  return Object.entries(seen).flatMap(([place, text]) =>
    secrets.flatMap(({ name, ...secret }) =>
      waysToWrite(secret).flatMap((written) => {
        const at = text.indexOf(written);
        if (at < 0) return [];
        const context = text.slice(Math.max(0, at - CONTEXT_CHARS), at + CONTEXT_CHARS);
        return [{ secret: name, written, place, context }];
      })
    )
  );
}

function waysToWrite({ value, user }: Omit<PlantedSecret, "name">): string[] {
  const url = new URL("rtsp://host");
  url.password = value;
  const component = encodeURIComponent(value);
  const encoded = [
    value,
    component,
    component.toLowerCase(),
    component.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`),
    encodeURI(value),
    url.password,
    new URLSearchParams({ "": value }).toString().slice(1),
    ...[value, ...(user === undefined ? [] : [`${user}:${value}`])].flatMap(inBase64),
  ];
  const quoted = encoded.map((text) => JSON.stringify(text).slice(1, -1));
  const twice = quoted.map((text) => JSON.stringify(text).slice(1, -1));
  return [...new Set([...encoded, ...quoted, ...twice])];
}

function inBase64(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  return (["base64", "base64url"] as const).map((alphabet) =>
    bytes.toBase64({ alphabet, omitPadding: true })
  );
}
