import type { DestinationConfig } from '../config/schema.ts';
import { createHistoricalContract } from './historical-contract.ts';
import type { MessageContract } from './message-contract.ts';

type ContractFactories = {
  readonly [Type in DestinationConfig['type']]: (
    destination: Extract<DestinationConfig, { readonly type: Type }>,
  ) => MessageContract;
};

const CONTRACTS: ContractFactories = {
  'mykaarma-historical': createHistoricalContract,
};

/** The contract of the messages that a destination takes. */
export function messageContractOf(destination: DestinationConfig): MessageContract {
  return CONTRACTS[destination.type](destination);
}
