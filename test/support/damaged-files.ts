/** Ways in which files come to harm: a disk that fails, a copy that breaks off, somebody else's bytes in between. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { SeededRandom } from './seeded-random.ts';

const PAGE_BYTES = 8_192;

export const DAMAGES = {
  'cut off': (bytes: Buffer, random: SeededRandom) => bytes.subarray(0, random.between(0, bytes.length - 1)),
  'bits flipped': (bytes: Buffer, random: SeededRandom) => {
    for (let flips = random.between(1, 40); flips > 0; flips--) {
      const at = random.between(0, bytes.length - 1);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.between(0, 7)), at);
    }
    return bytes;
  },
  'pages zeroed': (bytes: Buffer, random: SeededRandom) => {
    for (let pages = random.between(1, 20); pages > 0; pages--) {
      const at = random.between(0, bytes.length / PAGE_BYTES - 1) * PAGE_BYTES;
      bytes.fill(0, at, at + PAGE_BYTES);
    }
    return bytes;
  },
  'a range overwritten': (bytes: Buffer, random: SeededRandom) => {
    const from = random.between(0, bytes.length - 1);
    const to = Math.min(bytes.length, from + random.between(1, bytes.length / 2));
    for (let at = from; at < to; at++) bytes.writeUInt8(random.between(0, 255), at);
    return bytes;
  },
  'pages exchanged': (bytes: Buffer, random: SeededRandom) => {
    const page = () => random.between(1, bytes.length / PAGE_BYTES - 1) * PAGE_BYTES;
    for (let times = random.between(1, 5); times > 0; times--) {
      const from = page();
      bytes.copy(bytes, page(), from, from + PAGE_BYTES);
    }
    return bytes;
  },
  'the beginning gone': (bytes: Buffer, random: SeededRandom) =>
    bytes.fill(0, 0, random.between(1, 60) * PAGE_BYTES),
} as const satisfies Record<string, (bytes: Buffer, random: SeededRandom) => Buffer>;

export type Damage = keyof typeof DAMAGES;

/** Writes a damaged copy of a file. */
export function writeDamaged(path: string, targetPath: string, damage: Damage, random: SeededRandom): void {
  writeFileSync(targetPath, DAMAGES[damage](readFileSync(path), random), { mode: 0o600 });
}
