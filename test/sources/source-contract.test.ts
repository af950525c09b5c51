import { dirname } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createSource } from '../../src/sources/create-source.ts';
import { isTabular } from '../../src/sources/formats.ts';
import { type SourceCase, testSourceContract } from '../contracts/source-contract.ts';
import { type SourceSettings, sourceConfig } from '../support/source-reading.ts';

const COUNT = 3000;

/** Long enough that it is read in several chunks. */
function bodies(): string[] {
  return Array.from({ length: COUNT }, (_, at) => `Message ${at} ${'é🚗 '.repeat(at % 40)}`);
}

function fileCase(
  fileName: string,
  settings: SourceSettings,
  content: Buffer,
  stored: Buffer,
  beginnings: Buffer[],
): SourceCase {
  return {
    fileName,
    stored,
    content,
    beginnings,
    lineEnds: content[0] === 0xff ? 'utf16le' : 'latin1',
    isTabular: isTabular(settings.format),
    create: (directory, path) =>
      createSource(sourceConfig({ ...settings, files: [path] }), {
        baseDirectory: directory,
        cwd: dirname(path),
      }),
  };
}

function csvRows(): string[] {
  return bodies().map((body, at) => `m-${at},"${body}${at % 3 === 0 ? '\r\nSecond line' : ''}"`);
}

const csvText = () => `Id,Body\r\n${csvRows().join('\r\n')}\r\n`;

testSourceContract('CSV', () => {
  const content = Buffer.from(csvText());
  return fileCase(
    'texts.csv',
    { format: 'csv' },
    content,
    content,
    csvRows().map((row) => Buffer.from(row)),
  );
});

testSourceContract('CSV in UTF-16 with a byte order mark', () => {
  const content = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csvText(), 'utf16le')]);
  return fileCase(
    'texts.csv',
    { format: 'csv' },
    content,
    content,
    csvRows().map((row) => Buffer.from(row, 'utf16le')),
  );
});

testSourceContract('CSV in a single-byte encoding', () => {
  const rows = csvRows().map((row) => Buffer.from(row.replaceAll('🚗', 'ü'), 'latin1'));
  const content = Buffer.concat([
    Buffer.from('Id,Body\n'),
    ...rows.flatMap((row) => [row, Buffer.from('\n')]),
  ]);
  return fileCase('texts.csv', { format: 'csv', csv: { encoding: 'windows-1252' } }, content, content, rows);
});

testSourceContract('CSV in gzip', () => {
  const content = Buffer.from(csvText());
  return fileCase(
    'texts.csv.gz',
    { format: 'csv' },
    content,
    gzipSync(content),
    csvRows().map((row) => Buffer.from(row)),
  );
});

testSourceContract('CSV in zstd', () => {
  const content = Buffer.from(csvText());
  return fileCase(
    'texts.csv.zst',
    { format: 'csv' },
    content,
    zstdCompressSync(content),
    csvRows().map((row) => Buffer.from(row)),
  );
});

const objects = () =>
  bodies().map((body, at) => JSON.stringify({ id: `m-${at}`, body, tags: [at, { odd: ']"}' }] }));

testSourceContract('JSON', () => {
  const content = Buffer.from(`{"meta": {"a": [1]}, "data": {"messages": [\n${objects().join(',\n')}\n]}}\n`);
  const settings: SourceSettings = { format: 'json', json: { path: 'data.messages' } };
  return fileCase(
    'log.json',
    settings,
    content,
    content,
    objects().map((text) => Buffer.from(text)),
  );
});

testSourceContract('message events', () => {
  const lines = bodies().map((body, at) =>
    JSON.stringify({ id: `e-${at}`, payload: JSON.stringify({ messageDTO: { messageExtnDTO: { body } } }) }),
  );
  const content = Buffer.from(`${lines.join('\n')}\n`);
  return fileCase(
    'events.ndjson',
    { format: 'message-events' },
    content,
    content,
    lines.map((text) => Buffer.from(text)),
  );
});

testSourceContract('a Kaleyra report', () => {
  const content = Buffer.from(csvText().replace('Id,Body', 'Whatsapp id,Message'));
  return fileCase(
    'report.csv',
    { format: 'kaleyra-report' },
    content,
    content,
    csvRows().map((row) => Buffer.from(row)),
  );
});

testSourceContract('a log of Kaleyra requests', () => {
  const entries = bodies().map((body) =>
    JSON.stringify({ request: { messaging_object: { to: '+15550100', text: { body } } } }),
  );
  const content = Buffer.from(`[${entries.join(',\n')}]`);
  return fileCase(
    'sends.json',
    { format: 'kaleyra-log' },
    content,
    content,
    entries.map((text) => Buffer.from(text)),
  );
});

testSourceContract('NDJSON', () => {
  const content = Buffer.from(`${objects().join('\r\n\r\n')}`);
  return fileCase(
    'log.ndjson',
    { format: 'ndjson' },
    content,
    content,
    objects().map((text) => Buffer.from(text)),
  );
});
