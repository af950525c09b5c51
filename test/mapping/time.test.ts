import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { TimeRule } from '../../src/config/mapping-schema.ts';
import { createTimeReader } from '../../src/mapping/time.ts';

function read(text: string, ...formats: string[]): string {
  return readWith({ formats, zone: 'UTC' }, text);
}

function readWith(rule: Partial<TimeRule> & { formats: string[] }, text: string): string {
  const reading = createTimeReader({ gap: 'reject', fold: 'reject', ...rule })(text);
  return typeof reading === 'number' ? new Date(reading).toISOString() : reading;
}

const NINE = '2024-03-01T09:05:07.000Z';

for (const [format, text] of [
  ['yyyy-MM-dd HH:mm:ss', '2024-03-01 09:05:07'],
  ['M/d/yyyy h:mm:ss a', '3/1/2024 9:05:07 AM'],
  ['M/d/yyyy h:mm:ss a', '3/1/2024 9:05:07 a.m.'],
  ['MM/dd/yy hh:mm:ss a', '03/01/24 09:05:07 am'],
  ['a h:mm:ss d.M.yyyy', 'AM 9:05:07 1.3.2024'],
  ['yyyyMMddHHmmss', '20240301090507'],
  ["yyyy-MM-dd'T'HH:mm:ssZ", '2024-03-01T01:05:07-0800'],
  ['yyyy-MM-dd HH:mm:ss XXX', '2024-03-01 14:35:07 +05:30'],
  ['yyyy-MM-dd HH:mm:ssXXX', '2024-03-01 09:05:07Z'],
  ['yyyy-MM-dd HH:mm:ss x', '2024-03-01 10:05:07 +01'],
  ['EEE, MMM d, yyyy, HH:mm:ss', 'Fri, Mar 1, 2024, 09:05:07'],
  ["EEEE, d MMMM yyyy 'at' H:m:s", 'friday, 1 march 2024 at 9:5:7'],
  ["d MMM ''yy HH:mm:ss", "1 Mar '24 09:05:07"],
  ['[yyyy.MM.dd] (HH:mm:ss)', '[2024.03.01] (09:05:07)'],
  ['iso', '2024-03-01T09:05:07Z'],
  ['iso', '2024-03-01 09:05:07'],
  ['iso', '2024-03-01T09:05:07,000+0000'],
  ['iso', '2024-03-01t10:05:07.000000000+01'],
  ['iso', '20240301T090507Z'],
  ['rfc2822', 'Fri, 1 Mar 2024 09:05:07 +0000'],
  ['rfc2822', '01 Mar 24 04:05:07 EST'],
  ['rfc2822', 'Fri, 01 Mar 2024 01:05:07 -0800 (PST)'],
  ['epoch-s', '1709283907'],
  ['epoch-s', '1709283907.0'],
  ['epoch-ms', '1709283907000'],
] as const) {
  test(`${format} reads ${JSON.stringify(text)}`, () => {
    assert.equal(read(text, format), NINE);
  });
}

test('milliseconds are kept, what is finer is cut', () => {
  assert.equal(read('2024-03-01T09:05:07.123999Z', 'iso'), '2024-03-01T09:05:07.123Z');
  assert.equal(read('2024-03-01T09:05:07.5Z', 'iso'), '2024-03-01T09:05:07.500Z');
  assert.equal(read('1709283907.123', 'epoch-s'), '2024-03-01T09:05:07.123Z');
  assert.equal(read('2024-03-01 09:05:07.123456', 'yyyy-MM-dd HH:mm:ss.SSSSSS'), '2024-03-01T09:05:07.123Z');
  assert.equal(read('2024-03-01 09:05:07.5', 'yyyy-MM-dd HH:mm:ss.S'), '2024-03-01T09:05:07.500Z');
});

test('noon and midnight on a twelve-hour clock', () => {
  assert.equal(read('3/1/2024 12:00 AM', 'M/d/yyyy h:mm a'), '2024-03-01T00:00:00.000Z');
  assert.equal(read('3/1/2024 12:00 PM', 'M/d/yyyy h:mm a'), '2024-03-01T12:00:00.000Z');
  assert.equal(read('3/1/2024 0:30 AM', 'M/d/yyyy h:mm a'), 'TIME_UNREADABLE');
  assert.equal(read('3/1/2024 13:30 PM', 'M/d/yyyy h:mm a'), 'TIME_UNREADABLE');
});

test('blanks of any kind around a time are ignored, and inside count as one space', () => {
  for (const text of [
    ' 3/1/2024 9:05\u202fAM ',
    '\u00a03/1/2024\u00a0\u00a09:05 AM\u00a0',
    '\u200e3/1/2024 9:05\tAM\ufeff',
    '3/1/2024 \u200e9:05 AM',
  ]) {
    assert.equal(read(text, 'M/d/yyyy h:mm a'), '2024-03-01T09:05:00.000Z');
  }
  assert.equal(read('2024-03-01 09:05', 'yyyy-MM-dd\u00a0HH:mm'), '2024-03-01T09:05:00.000Z');
});

test('dates that do not exist are unreadable, whatever the format', () => {
  assert.equal(read('2023-02-30 00:00', 'yyyy-MM-dd HH:mm'), 'TIME_UNREADABLE');
  assert.equal(read('2023-02-29T00:00:00Z', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('1900-02-29T00:00:00Z', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('31 Apr 2024 00:00 +0000', 'rfc2822'), 'TIME_UNREADABLE');
  assert.equal(read('2024-13-01T00:00:00Z', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('2024-01-01T24:00:00Z', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('2024-01-01T00:00:60Z', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('2024-01-01T00:00:00+99:00', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('2024-01-01', 'iso'), 'TIME_UNREADABLE');
  assert.equal(read('Mon, 1 Mar 2024 09:05:07 +0000', 'rfc2822'), 'TIME_UNREADABLE');
  assert.equal(read('2024-03-01 09:05:07 and more', 'yyyy-MM-dd HH:mm:ss'), 'TIME_UNREADABLE');
});

test('day and month are told apart by the format only', () => {
  assert.equal(read('03/04/2024', 'd/M/yyyy'), '2024-04-03T00:00:00.000Z');
  assert.equal(read('03/04/2024', 'M/d/yyyy'), '2024-03-04T00:00:00.000Z');
  assert.equal(read('13/04/2024', 'M/d/yyyy'), 'TIME_UNREADABLE');
});

test('the first format that fits wins', () => {
  assert.equal(read('1709283907', 'epoch-s', 'epoch-ms'), NINE);
  assert.equal(read('1709283907000', 'epoch-s', 'epoch-ms'), NINE, 'as seconds it lies beyond the year 9999');
  assert.equal(read('03/04/2024', 'iso', 'd/M/yyyy', 'M/d/yyyy'), '2024-04-03T00:00:00.000Z');
});

test('epochs of a spreadsheet are refused', () => {
  assert.equal(read('1.70928E+09', 'epoch-s'), 'TIME_UNREADABLE');
});

test('two-digit years: 69 is 2069 and 70 is 1970', () => {
  assert.equal(read('01/01/69', 'MM/dd/yy').slice(0, 4), '2069');
  assert.equal(read('01/01/70', 'MM/dd/yy').slice(0, 4), '1970');
});

test('an offset in the text wins over the zone; without both there is no instant', () => {
  const rule = { formats: ['iso'], zone: 'Asia/Tokyo' };
  assert.equal(readWith(rule, '2024-03-01T09:05:07Z'), NINE);
  assert.equal(readWith(rule, '2024-03-01T18:05:07'), NINE);
  assert.equal(readWith({ formats: ['iso'] }, '2024-03-01T18:05:07'), 'TIME_WITHOUT_ZONE');
});

const LOS_ANGELES = { formats: ['yyyy-MM-dd HH:mm'], zone: 'America/Los_Angeles' };

test('a local time over which clocks went forward is refused, or read earlier or later as told', () => {
  assert.equal(readWith(LOS_ANGELES, '2024-03-10 02:30'), 'TIME_IN_GAP');
  assert.equal(readWith({ ...LOS_ANGELES, gap: 'earlier' }, '2024-03-10 02:30'), '2024-03-10T09:30:00.000Z');
  assert.equal(readWith({ ...LOS_ANGELES, gap: 'later' }, '2024-03-10 02:30'), '2024-03-10T10:30:00.000Z');
});

test('a local time that exists twice is refused, or read earlier or later as told', () => {
  assert.equal(readWith(LOS_ANGELES, '2024-11-03 01:30'), 'TIME_IN_FOLD');
  assert.equal(readWith({ ...LOS_ANGELES, fold: 'earlier' }, '2024-11-03 01:30'), '2024-11-03T08:30:00.000Z');
  assert.equal(readWith({ ...LOS_ANGELES, fold: 'later' }, '2024-11-03 01:30'), '2024-11-03T09:30:00.000Z');
});

/** Zones with daylight saving on both hemispheres, half hours, a skipped day, dropped rules, none at all. */
const ZONES = [
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Asia/Kolkata',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'UTC',
];

function temporalReading(
  local: string,
  zone: string,
  disambiguation: 'reject' | 'earlier' | 'later',
): string {
  try {
    const zoned = Temporal.PlainDateTime.from(local).toZonedDateTime(zone, { disambiguation });
    return new Date(zoned.epochMilliseconds).toISOString();
  } catch {
    return 'refused';
  }
}

/** Local times, half of them within three hours of a transition of the zone, where mistakes live. */
const zonedLocalTimes = fc.constantFrom(...ZONES).chain((zone) => {
  const anywhere = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2060, 0, 1) });
  const nearTransition = fc.tuple(anywhere, fc.integer({ min: -180, max: 180 })).map(([atMs, minutes]) => {
    const next = Temporal.Instant.fromEpochMilliseconds(atMs)
      .toZonedDateTimeISO(zone)
      .getTimeZoneTransition('next');
    if (next === null) return atMs;
    return next.epochMilliseconds + next.offsetNanoseconds / 1e6 + minutes * 60_000;
  });
  return fc.record({ zone: fc.constant(zone), localMs: fc.oneof(anywhere, nearTransition) });
});

for (const disambiguation of ['reject', 'earlier', 'later'] as const) {
  test(`local times become the instants that Temporal gives, gaps and folds included (${disambiguation})`, () => {
    const readers = new Map(
      ZONES.map((zone) => [
        zone,
        createTimeReader({ formats: ['iso'], zone, gap: disambiguation, fold: disambiguation }),
      ]),
    );
    fc.assert(
      fc.property(zonedLocalTimes, ({ zone, localMs }) => {
        const local = new Date(localMs).toISOString().slice(0, -1);
        const reading = readers.get(zone)?.(local);
        const actual = typeof reading === 'number' ? new Date(reading).toISOString() : 'refused';
        assert.equal(actual, temporalReading(local, zone, disambiguation), `${local} ${zone}`);
      }),
      { numRuns: 400 },
    );
  });
}

test('what a format writes, the same format reads back', () => {
  const instants = fc.date({ min: new Date('1970-01-01'), max: new Date('2069-12-31'), noInvalidDate: true });
  const two = (value: number) => String(value).padStart(2, '0');
  fc.assert(
    fc.property(instants, (date) => {
      const [y, mo, d] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      const [h, mi, s, ms] = [
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
        String(date.getUTCMilliseconds()).padStart(3, '0'),
      ];
      const half = h < 12 ? 'AM' : 'PM';
      const iso = date.toISOString();
      assert.equal(
        read(
          `${mo}/${d}/${two(y % 100)} ${h % 12 || 12}:${two(mi)}:${two(s)}.${ms} ${half}`,
          'M/d/yy h:mm:ss.SSS a',
        ),
        iso,
      );
      assert.equal(
        read(`${y}${two(mo)}${two(d)}${two(h)}${two(mi)}${two(s)}${ms}`, 'yyyyMMddHHmmssSSS'),
        iso,
      );
      assert.equal(read(iso, 'iso'), iso);
      assert.equal(read(String(date.getTime()), 'epoch-ms'), iso);
      assert.equal(read(`${Math.floor(date.getTime() / 1000)}.${ms}`, 'epoch-s'), iso);
      assert.equal(read(date.toUTCString(), 'rfc2822'), `${iso.slice(0, 19)}.000Z`);
    }),
  );
});

test('whatever the cell holds, reading it never throws', () => {
  const readTime = createTimeReader({
    formats: ['iso', 'rfc2822', 'epoch-s', 'epoch-ms', 'M/d/yyyy h:mm a'],
    zone: 'Europe/London',
    gap: 'reject',
    fold: 'reject',
  });
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d/:T.+Z -]{0,30}$/)),
      (text) => {
        const reading = readTime(text);
        assert.ok(typeof reading === 'string' || Number.isInteger(reading));
      },
    ),
  );
});

for (const [format, fix] of [
  ['YYYY-MM-DD', /yyyy/],
  ['yyyy-mm-dd', /the month is MM/],
  ['dd.MM.yyyy hh:mm', /needs a/],
  ['dd.MM.yyyy HH:mm a', /a goes with h/],
  ['yyyy-MM-ddTHH:mm', /'T'/],
  ['yyyy-MM-dd HH:mm z', /zone/],
  ["yyyy-MM-dd 'at", /quote/],
  ['yyyy-MM-dd HH:ss', /seconds without minutes/],
  ['yyyy-MM-dd dd', /day twice/],
  ['now', /no meaning/],
] as const) {
  test(`the format ${format} is refused with a reason`, () => {
    assert.throws(() => read('', format), { name: 'UsageError', code: 'BAD_TIME_FORMAT', message: fix });
  });
}

test('a format without offset needs a zone, and a zone must exist', () => {
  assert.throws(() => readWith({ formats: ['yyyy-MM-dd'] }, ''), { code: 'ZONE_REQUIRED' });
  assert.throws(() => readWith({ formats: ['iso'], zone: 'America/Los_Angles' }, ''), {
    code: 'UNKNOWN_ZONE',
    fix: /did you mean America\/Los_Angeles/,
  });
  assert.equal(
    readWith({ formats: ['yyyy-MM-dd HH:mm Z'] }, '2024-03-01 09:05 +0000').slice(0, 16),
    NINE.slice(0, 16),
  );
});

test("the host's own zone makes no difference", () => {
  const program = `
    import { createTimeReader } from ${JSON.stringify(new URL('../../src/mapping/time.ts', import.meta.url).href)};
    const read = (zone, formats, text) =>
      createTimeReader({ zone, formats, gap: 'reject', fold: 'reject' })(text);
    console.log(JSON.stringify([
      read('America/Los_Angeles', ['yyyy-MM-dd HH:mm'], '2024-03-10 02:30'),
      read('America/Los_Angeles', ['M/d/yy h:mm a'], '7/4/24 12:15 AM'),
      read('Europe/London', ['iso'], '2024-03-10T02:30:00'),
      read('UTC', ['rfc2822'], 'Sun, 10 Mar 2024 02:30:00 -0800'),
      read('Asia/Kolkata', ['d.M.yyyy'], '31.3.2024'),
    ]));`;
  const outputs = ['UTC', 'America/Los_Angeles', 'Europe/London', 'Pacific/Kiritimati'].map((TZ) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, TZ },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  });
  assert.equal(new Set(outputs).size, 1, outputs.join(''));
  assert.deepEqual(JSON.parse(outputs[0] as string), [
    'TIME_IN_GAP',
    Date.UTC(2024, 6, 4, 7, 15),
    Date.UTC(2024, 2, 10, 2, 30),
    Date.UTC(2024, 2, 10, 10, 30),
    Date.UTC(2024, 2, 30, 18, 30),
  ]);
});
