/**
 * What of a session's requests may be on its way to the host: reads and files are sent ahead of answers, a change only when the change
 * before it was answered. An agent whose client is gone may still begin what it was sent ahead (docs/agent-protocol.md, section 5): so an
 * orphan finishes one change at most. What stands behind a held change waits, too: the order of requests stays.
 */
export class SendOrder<T extends { about: { mutating: boolean } }> {
  private waiting: T[] = [];
  private changing?: T;

  /** @param send writes a request to the host */
  constructor(private readonly send: (entry: T) => void) {}

  push(entry: T): void {
    this.waiting.push(entry);
    this.flush();
  }

  /** The host has answered: what waited for it is sent. */
  answered(entry: T): void {
    if (this.changing !== entry) return;
    this.changing = undefined;
    this.flush();
  }

  /** What was never sent, and will not be. */
  giveUp(): T[] {
    return this.waiting.splice(0);
  }

  private flush(): void {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      if (next.about.mutating && this.changing) return;
      if (next.about.mutating) this.changing = next;
      this.waiting.shift();
      this.send(next);
    }
  }
}
