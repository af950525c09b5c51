import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { DamagedInputError } from '../../src/errors.ts';
import { decompressed } from '../../src/sources/decompression.ts';

const content = fc
  .tuple(fc.string({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 8_000 }))
  .map(([text, times]) => Buffer.from(text.repeat(times)));

const COMPRESSORS = {
  '.gz': (bytes: Buffer) => gzipSync(bytes),
  '.zst': (bytes: Buffer, withChecksum: boolean) =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: withChecksum ? 1 : 0 } }),
};

async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
  }
}

async function read(bytes: Buffer, pieceBytes: number, extension: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decompressed(inPieces(bytes, pieceBytes), `file${extension}`)));
}

for (const [extension, compress] of Object.entries(COMPRESSORS)) {
  const members = fc.array(fc.tuple(content, fc.boolean()), { minLength: 1, maxLength: 3 }).map((parts) => ({
    whole: Buffer.concat(parts.map(([bytes]) => bytes)),
    stored: parts.map(([bytes, withChecksum]) => compress(bytes, withChecksum)),
  }));

  test(`property: ${extension} files of one or several members are read whole, however they arrive`, async () => {
    await fc.assert(
      fc.asyncProperty(
        members,
        fc.integer({ min: 1, max: 70_000 }),
        async ({ whole, stored }, pieceBytes) => {
          const bytes = Buffer.concat(stored);
          assert.ok((await read(bytes, Math.max(pieceBytes, bytes.length >> 8), extension)).equals(whole));
        },
      ),
      { numRuns: 40 },
    );
  });

  test(`property: ${extension} files that break off within a member are damaged, wherever they do`, async () => {
    await fc.assert(
      fc.asyncProperty(members, fc.nat(), async ({ stored }, where) => {
        const last = stored.at(-1) as Buffer;
        const cut = last.subarray(0, 1 + (where % (last.length - 1)));
        const bytes = Buffer.concat([...stored.slice(0, -1), cut]);
        await assert.rejects(read(bytes, 1_000, extension), DamagedInputError);
      }),
      { numRuns: 60 },
    );
  });
}
