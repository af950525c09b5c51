import type { DestinationConfig } from '../config/destination-schema.ts';
import { createHistoricalContract } from './historical-contract.ts';
import type { MessageContract } from './message-contract.ts';
import { createTextContract } from './text-contract.ts';
import { createWhatsappContract } from './whatsapp-contract.ts';

type ContractFactories = {
  readonly [Type in DestinationConfig['type']]: (
    destination: Extract<DestinationConfig, { readonly type: Type }>,
  ) => MessageContract;
};

const CONTRACTS: ContractFactories = {
  'mykaarma-historical': createHistoricalContract,
  'mykaarma-text': createTextContract,
  'kaleyra-whatsapp': createWhatsappContract,
};

/** The contract of the messages that a destination takes. */
export function messageContractOf(destination: DestinationConfig): MessageContract {
  const create = CONTRACTS[destination.type] as (destination: DestinationConfig) => MessageContract;
  return create(destination);
}
