/**
 * The library: the seams, their implementations, and the pipeline that joins them. `examples/` shows how to embed it
 * with a source or a destination of your own.
 */
export { type Clock, systemClock } from './clock.ts';
export { type DeliveryConfig, deliverySchema } from './config/delivery-schema.ts';
export type { DestinationConfig } from './config/destination-schema.ts';
export { type LoadedConfig, loadConfig } from './config/load.ts';
export { type Config, configSchema } from './config/schema.ts';
export { resolveSecret } from './config/secrets.ts';
export type { SourceConfig } from './config/source-schema.ts';
export type { DeliveryObserver } from './delivery/observer.ts';
export type {
  Answer,
  Batch,
  Destination,
  DestinationLimits,
  HttpDestination,
  MessageOutcome,
  Recovery,
  Refusal,
  SendResult,
  WireRequest,
} from './destinations/destination.ts';
export { createKaleyraWhatsapp } from './destinations/kaleyra-whatsapp.ts';
export { createMykaarmaHistorical } from './destinations/mykaarma-historical.ts';
export { createMykaarmaText } from './destinations/mykaarma-text.ts';
export {
  BackhaulError,
  DamagedInputError,
  type FieldError,
  LedgerError,
  LockedError,
  UsageError,
} from './errors.ts';
export type { Evidence, EvidenceArchive, EvidenceResult, ReadDelivery } from './evidence/evidence.ts';
export { EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
export type {
  ExportRow,
  ExportState,
  Ledger,
  MessageCounts,
  MessageFilter,
  MessageState,
  OutgoingMessage,
} from './ledger/ledger.ts';
export { acquireStreamLock } from './ledger/lock.ts';
export { openLedger } from './ledger/open-ledger.ts';
export { loadMapping } from './mapping/load.ts';
export type {
  Advice,
  Identity,
  MappedMessage,
  MappedMessages,
  Mapping,
  MappingResult,
  RejectedRecord,
  SkippedRecord,
} from './mapping/mapping.ts';
export { type HistoricalMessage, historicalMessageSchema } from './messages/historical-message.ts';
export type { Envelope, Item, MessageContract } from './messages/message-contract.ts';
export { type CheckOptions, checkPipeline } from './pipeline/check.ts';
export { type RunObserver, type RunOptions, runPipeline } from './pipeline/run.ts';
export type { Intake, StageObserver } from './pipeline/stage.ts';
export type { CheckSummary, Closing, Summary } from './pipeline/summary.ts';
export { type VerifyOptions, verifyPipeline } from './pipeline/verify.ts';
export type { VerifySummary } from './pipeline/verify-summary.ts';
export { startSimulator } from './simulator/start-simulator.ts';
export { createSource } from './sources/create-source.ts';
export type {
  ExportOrigin,
  Header,
  ReadOptions,
  RecordPosition,
  Source,
  SourceInput,
  SourceRecord,
} from './sources/source.ts';
