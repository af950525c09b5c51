/** The ledger's rules once more, as plainly as they can be said: what the real one is held against. */
import type { EvidenceEffect } from '../../src/evidence/evidence.ts';
import type { MessageCounts, RecordTally, Settlement } from '../../src/ledger/ledger.ts';

export interface ModelRecord {
  readonly id: string;
  /** What the record says, and which mapping made a message of it: together, its content. */
  readonly body: string;
  readonly mapping: string;
  readonly exported: boolean;
}

interface ModelMessage {
  state: 'pending' | 'accepted' | 'failed' | 'unknown' | 'stored';
  body: string;
  mapping: string;
  /** Bodies that made way for later ones. */
  readonly superseded: Set<string>;
  readonly conflicts: Set<string>;
  run: number;
  hasPayload: boolean;
  ambiguous: boolean;
  queued: boolean;
  resends: number;
  uncertainRun: number;
}

const FRESH = { hasPayload: true, ambiguous: false, queued: false, resends: 0, uncertainRun: 0 } as const;

export class LedgerModel {
  readonly messages = new Map<string, ModelMessage>();
  run = 0;
  /** Pieces of evidence so far: each comes later than the one before. */
  heard = 0;

  stage(record: ModelRecord, onConflict: 'reject' | 'replace'): keyof RecordTally {
    const { id, body, mapping } = record;
    const known = this.messages.get(id);
    if (known === undefined) {
      const sets = { superseded: new Set<string>(), conflicts: new Set<string>() };
      this.messages.set(id, { ...FRESH, ...sets, state: 'pending', body, mapping, run: this.run });
      return 'new';
    }
    if (known.body === body && known.mapping === mapping) {
      if (known.state !== 'accepted' && known.state !== 'stored') known.hasPayload = true;
      return known.run === this.run ? 'duplicates' : 'unchanged';
    }
    const unsent = known.state === 'pending' || known.state === 'failed';
    if (unsent && (known.body === body || record.exported)) {
      this.#replace(known, record);
      return 'replaced';
    }
    if (known.body === body) return 'unchanged';
    if (!record.exported && known.superseded.has(body)) return 'unchanged';
    if (onConflict === 'replace') this.#replace(known, record);
    else if (!known.superseded.has(body)) known.conflicts.add(body);
    return 'conflicts';
  }

  #replace(known: ModelMessage, { body, mapping }: ModelRecord): void {
    if (known.body !== body) {
      known.superseded.add(known.body);
      known.conflicts.delete(known.body);
    }
    known.superseded.delete(body);
    known.conflicts.delete(body);
    Object.assign(known, { body, mapping, run: this.run, hasPayload: true });
    if (known.ambiguous) known.queued = true;
    else Object.assign(known, { state: 'pending', queued: false });
  }

  due(resendUnknown: boolean): string[] {
    const isDue = ({ state, hasPayload, queued, resends }: ModelMessage) =>
      hasPayload &&
      (state === 'pending' || (state === 'unknown' && (queued || (resendUnknown && resends < 5))));
    return [...this.messages].filter(([, message]) => isDue(message)).map(([id]) => id);
  }

  settle(id: string, outcome: Settlement['outcome']): void {
    const message = this.#get(id);
    if (outcome === 'released') return;
    if (outcome === 'accepted') {
      Object.assign(message, { ...FRESH, hasPayload: false, state: 'accepted' });
      return;
    }
    if (message.ambiguous && !message.queued && message.uncertainRun !== this.run) message.resends += 1;
    message.uncertainRun = this.run;
    message.queued = false;
    if (outcome === 'unknown') message.ambiguous = true;
    message.state = message.ambiguous ? 'unknown' : 'failed';
  }

  crash(id: string): void {
    Object.assign(this.#get(id), { state: 'unknown', ambiguous: true, queued: false });
  }

  queue(id: string): void {
    const message = this.#get(id);
    if (message.state !== 'failed' && message.state !== 'unknown') return;
    if (!message.hasPayload) return;
    if (message.ambiguous) message.queued = true;
    else Object.assign(message, { state: 'pending', queued: true });
  }

  resolve(id: string, verdict: 'accepted' | 'failed'): void {
    const message = this.#get(id);
    if (message.state !== 'failed' && message.state !== 'unknown') return;
    const hasPayload = verdict === 'failed' && message.hasPayload;
    Object.assign(message, { ...FRESH, hasPayload, state: verdict });
  }

  hear(id: string, kind: 'stored' | 'failed'): EvidenceEffect {
    const message = this.messages.get(id);
    if (message === undefined) return 'foreign';
    if (kind === 'stored') {
      if (message.state === 'pending') return 'unsent';
      if (message.state === 'stored') return 'known';
      Object.assign(message, { ...FRESH, hasPayload: false, state: 'stored' });
      return 'stored';
    }
    if (message.state === 'pending') return 'outdated';
    if (message.state === 'stored') return 'contradictory';
    if (message.state === 'failed') return 'known';
    Object.assign(message, { ...FRESH, hasPayload: message.hasPayload, state: 'failed' });
    return 'failed';
  }

  counts(): MessageCounts {
    const counts = { accepted: 0, failed: 0, unknown: 0, pending: 0 };
    for (const { state } of this.messages.values()) counts[state === 'stored' ? 'accepted' : state] += 1;
    return counts;
  }

  stored(): number {
    return [...this.messages.values()].filter(({ state }) => state === 'stored').length;
  }

  conflicts(): number {
    let count = 0;
    for (const { conflicts } of this.messages.values()) count += conflicts.size;
    return count;
  }

  withPayload(): string[] {
    return [...this.messages].filter(([, { hasPayload }]) => hasPayload).map(([id]) => id);
  }

  #get(id: string): ModelMessage {
    const message = this.messages.get(id);
    if (message === undefined) throw new Error(`The model does not know ${id}.`);
    return message;
  }
}
