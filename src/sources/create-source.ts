/** The files of one run as a source. */
import { hash } from 'node:crypto';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { SourceConfig } from '../config/source-schema.ts';
import { readArchiveName } from '../receiver/archived-delivery.ts';
import { readCsv } from './csv.ts';
import { encodingOf, previewOf } from './decoding.ts';
import { decompressed } from './decompression.ts';
import { exportFormOf, readExport } from './export-file.ts';
import { type FoundFile, filesAtOnce, findFiles, noInputFiles, STANDARD_INPUT } from './find-files.ts';
import { isTabular } from './formats.ts';
import { readJson } from './json.ts';
import { readJsonOrNdjson } from './json-or-ndjson.ts';
import { readKaleyraLog } from './kaleyra-log.ts';
import { reportColumn } from './kaleyra-report.ts';
import { readMessageEvents } from './message-events.ts';
import { pipeBytes } from './named-pipe.ts';
import { readNdjson } from './ndjson.ts';
import { peek } from './peek.ts';
import { oneByOne, type RecordBatches } from './record-batches.ts';
import type { Header, ReadOptions, Source, SourceInput } from './source.ts';
import { digestOfFile, fileBytes, streamBytes, watchBytes } from './stored-bytes.ts';
import { isHeadEnough, openText, type TextInput } from './text-input.ts';

export interface SourceOptions {
  /** Directory of the configuration: its globs and the names of inputs are relative to it. */
  readonly baseDirectory: string;
  /** Directory that `input` is relative to; the working directory by default. */
  readonly cwd?: string;
  /** Globs that replace the configured files (`--input`). Only these take files that `export` wrote. */
  readonly input?: readonly string[];
  /** What `-` reads; the process's own standard input by default. */
  readonly stdin?: Readable;
}

/** @throws {UsageError} UNKNOWN_ENCODING */
export function createSource(config: SourceConfig, options: SourceOptions): Source {
  const reading: Reading = {
    config,
    encoding: encodingOf(config.csv.encoding),
    // Looked at only when it is read: opening standard input has effects of its own.
    openStdin: () => options.stdin ?? process.stdin,
  };
  return {
    fingerprint: fingerprintOf(config),
    async inputs() {
      const files =
        options.input === undefined
          ? await configuredFiles(config, options)
          : await givenFiles(config, options);
      return files.map((file) => createInput(file, reading));
    },
  };
}

/** Which files are read decides nothing about what is in them. */
function fingerprintOf({ files, allowEmpty, ...deciding }: SourceConfig): string {
  return hash('sha256', JSON.stringify(deciding), 'hex');
}

interface Reading {
  readonly config: SourceConfig;
  readonly encoding: string;
  readonly openStdin: () => Readable;
}

function givenFiles(
  { allowEmpty }: SourceConfig,
  { input = [], cwd = process.cwd(), baseDirectory }: SourceOptions,
) {
  return findFiles(input, { from: cwd, baseDirectory, allowEmpty });
}

/** What `export` wrote lies about where exports lie, but is fed back only when a person says so. */
async function configuredFiles(
  { files, allowEmpty }: SourceConfig,
  { baseDirectory }: SourceOptions,
): Promise<FoundFile[]> {
  const found = await findFiles(files, { from: baseDirectory, baseDirectory, allowEmpty });
  const areExports = await filesAtOnce.map(found, isExportFile);
  const own = found.filter((_file, index) => !areExports[index]);
  if (own.length === 0 && found.length > 0 && !allowEmpty) {
    throw noInputFiles(
      files.join(' '),
      'matches only files that `backhaul export` wrote, which --input takes',
    );
  }
  return own;
}

async function isExportFile({ name, path, sizeBytes }: FoundFile): Promise<boolean> {
  if (sizeBytes === null) return false;
  try {
    const { head, chunks } = await peek(decompressed(fileBytes(path), name), isHeadEnough);
    await chunks.return?.();
    return exportFormOf(previewOf(head)) !== null;
  } catch {
    // Damage is reported when the file is read.
    return false;
  }
}

/** Archives that `listen` writes only ever grow, line by line. */
function isGrowing(path: string, { format }: SourceConfig): boolean {
  return format === 'message-events' && readArchiveName(basename(path)) !== null;
}

function createInput({ name, path, sizeBytes, isPipe }: FoundFile, reading: Reading): SourceInput {
  const isReadableAgain = sizeBytes !== null;
  let digest: string | null = null;
  // `listen` may be writing: what arrives after the files were listed is for the next run.
  const maxBytes = isGrowing(path, reading.config) ? (sizeBytes ?? undefined) : undefined;
  const openBytes = (signal?: AbortSignal) => {
    if (path === STANDARD_INPUT) return streamBytes(reading.openStdin(), signal);
    return isPipe ? pipeBytes(path, signal) : fileBytes(path, signal, maxBytes);
  };
  return {
    name,
    sizeBytes,
    async digest() {
      if (!isReadableAgain) return null;
      // A file that is gone, or not to be read, since the listing shows as damage to whoever reads it.
      digest = await digestOfFile(path, maxBytes).catch(() => null);
      return digest;
    },
    read({ signal, onBytes, onHeader }: ReadOptions = {}) {
      const stored = watchBytes(openBytes(signal), { file: name, expectedDigest: digest, onBytes, signal });
      return oneByOne(batchesOf(stored, name, reading, signal, onHeader));
    },
  };
}

async function* batchesOf(
  stored: AsyncIterable<Buffer>,
  file: string,
  { config, encoding }: Reading,
  signal: AbortSignal | undefined,
  onHeader: ((header: Header) => void) | undefined,
): RecordBatches {
  const { head, chunks } = await peek(decompressed(stored, file), isHeadEnough);
  const exportForm = exportFormOf(previewOf(head));
  const isConfigured = exportForm === null && isTabular(config.format);
  const input = await openText(chunks, { file, encoding: isConfigured ? encoding : 'auto', signal });
  try {
    const batches =
      exportForm === null
        ? readSyntax(input, config, onHeader)
        : readExport(input, exportForm, config, onHeader);
    yield* batchesOfFormat(batches, config);
  } finally {
    await input.chunks.return?.();
  }
}

/** The records as the format's syntax has them. */
function readSyntax(
  input: TextInput,
  { format, csv, json }: SourceConfig,
  onHeader: ((header: Header) => void) | undefined,
): RecordBatches {
  switch (format) {
    case 'csv':
      return readCsv(input, csv, onHeader);
    case 'json':
      return readJson(input, json);
    case 'ndjson':
      return readNdjson(input);
    case 'kaleyra-report':
      return readCsv(input, csv, onHeader, reportColumn);
    case 'message-events':
    case 'kaleyra-log':
      return readJsonOrNdjson(input, json);
  }
}

/** The records as the format means them, whether they stand in its own files or come back from an export. */
function batchesOfFormat(batches: RecordBatches, { format }: SourceConfig): RecordBatches {
  switch (format) {
    case 'message-events':
      return readMessageEvents(batches);
    case 'kaleyra-log':
      return readKaleyraLog(batches);
    default:
      return batches;
  }
}
