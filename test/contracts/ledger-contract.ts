/**
 * What every ledger promises, whatever it is made of. An implementation's test file calls {@link ledgerContract} with a
 * way to open ledgers; the suites are in files of one topic each.
 */
import { describe, type TestContext } from 'node:test';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { deliveryContract } from './ledger-delivery-contract.ts';
import { evidenceContract } from './ledger-evidence-contract.ts';
import { lookingContract } from './ledger-looking-contract.ts';
import { rejectsContract } from './ledger-rejects-contract.ts';
import { repeatsContract } from './ledger-repeats-contract.ts';
import { stagingContract } from './ledger-staging-contract.ts';
import { statesContract } from './ledger-states-contract.ts';
import { versionsContract } from './ledger-versions-contract.ts';

export interface OpenOptions {
  readonly stream?: string;
  readonly keepPayloads?: 'until-accepted' | 'until-stored' | 'always';
}

/** One place where ledgers are kept: whatever is opened there sees what was committed there. */
export interface LedgerPlace {
  /** The test closes what it opens, or leaves it to the end of the test. */
  open(options?: OpenOptions): Promise<Ledger>;
}

export type OpenFresh = (t: TestContext) => LedgerPlace;

export function ledgerContract(name: string, openFresh: OpenFresh): void {
  writingContract(name, openFresh);
  describe(`${name}: versions`, () => versionsContract(openFresh));
  describe(`${name}: evidence`, () => evidenceContract(openFresh));
  describe(`${name}: looking`, () => lookingContract(openFresh));
}

/** The part of it that depends on how records and outcomes get into the ledger. */
export function writingContract(name: string, openFresh: OpenFresh): void {
  describe(`${name}: staging`, () => stagingContract(openFresh));
  describe(`${name}: rejects`, () => rejectsContract(openFresh));
  describe(`${name}: repeats`, () => repeatsContract(openFresh));
  describe(`${name}: states`, () => statesContract(openFresh));
  describe(`${name}: delivery`, () => deliveryContract(openFresh));
}
