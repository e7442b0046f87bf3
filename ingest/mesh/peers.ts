import type { MeshMessage } from "./mesh_message.ts";
import { PeerLink, type PeerPort } from "./peer_link.ts";

/** One worker's place among the others. */
export interface MeshPlace {
  readonly index: number;
  /** One to each of the others. */
  readonly peers: readonly PeerPort[];
}

/** All other workers, as one of them sees them. */
export class Peers implements Disposable {
  /** This worker's own. */
  readonly index: number;
  readonly links: readonly PeerLink[];

  constructor({ index, peers }: MeshPlace) {
    this.index = index;
    this.links = peers.map((peer) => new PeerLink(peer));
  }

  listen(handle: (message: MeshMessage, link: PeerLink) => void): void {
    for (const link of this.links) link.listen(handle);
  }

  /** To everyone. */
  tell(message: MeshMessage): void {
    for (const link of this.links) link.tell(message);
  }

  /** Nothing is told or heard any more. Twice is fine. */
  [Symbol.dispose](): void {
    for (const link of this.links) link[Symbol.dispose]();
  }
}

/** For so many workers, each connected with each other by a channel of their own. */
export function meshPlaces(count: number): MeshPlace[] {
  const ports = Array.from({ length: count }, (): PeerPort[] => []);
  ports.forEach((own, index) => {
    ports.slice(index + 1).forEach((others, offset) => {
      const { port1, port2 } = new MessageChannel();
      own.push({ index: index + 1 + offset, port: port1 });
      others.push({ index, port: port2 });
    });
  });
  return ports.map((peers, index) => ({ index, peers }));
}
