/** What `ledger recover` and `ledger check` tell people of a damaged ledger. */
import { plural } from './counts.ts';
import { renderTable } from './table.ts';

/** Figures of a rescue, as the ledger gives them. */
export interface RescueFigures {
  readonly complete: boolean;
  readonly tables: readonly {
    readonly table: string;
    readonly rescued: number;
    readonly lost: number;
    readonly lostPages: number;
  }[];
  readonly messages: {
    readonly rescued: number;
    readonly madeUnknown: number;
    readonly identityOnly: number;
    readonly payloadsLost: number;
    readonly lostAtMost: number | null;
  };
  readonly logDamaged: boolean;
  readonly assumedStreams: readonly string[];
}

/** @param next the new ledger's path, and the flags by which a command speaks of it. */
export function rescueText(
  rescue: RescueFigures,
  next: { readonly recovered: string; readonly flags: readonly string[] },
): string {
  const heading = rescue.complete
    ? `Everything was rescued into ${next.recovered}.`
    : `What could be read was rescued into ${next.recovered}; some of it was lost.`;
  return [
    heading,
    ...rescueLines(rescue),
    `The damaged file is as it was. Next: \`backhaul ledger check ${next.flags.join(' ')}\`, then put the new ledger in the old one's place.`,
  ].join('\n');
}

/** What is still there, table by table, and what it means for messages. */
export function rescueLines(rescue: RescueFigures): readonly string[] {
  const shown = rescue.tables.filter(({ rescued, lost, lostPages }) => rescued + lost + lostPages > 0);
  const table = renderTable(
    shown.map(({ table, rescued, lost, lostPages }) => [table, rescued, lost, lostPages]),
    { head: ['table', 'rows whole', 'rows lost', 'pages lost'] },
  );
  return [table.trimEnd(), ...meanings(rescue)];
}

function meanings({ complete, messages, logDamaged, assumedStreams, tables }: RescueFigures): string[] {
  if (complete) return ['Every message, reject and run is whole, and all of them hold together.'];
  const { madeUnknown, identityOnly, payloadsLost, lostAtMost } = messages;
  const erasures = tables.filter(({ table }) => table === 'erasure_key' || table === 'erased_customer');
  return [
    ...(logDamaged
      ? ['The write-ahead log is damaged: the latest changes are lost, so no message counts as unsent.']
      : []),
    ...(madeUnknown > 0
      ? [
          `${plural(madeUnknown, 'message')} unknown: what became of them is not certain` +
            `${identityOnly > 0 ? `, of ${identityOnly} only the identity is left` : ''}. None is sent again before a person decides.`,
        ]
      : []),
    ...(payloadsLost > 0
      ? [`${plural(payloadsLost, 'message')} lost the payload: \`run\` reads them again.`]
      : []),
    lostLine(lostAtMost),
    ...assumedStreams.map(
      (stream) => `What stream ${stream} is bound to is lost: taken from the configuration.`,
    ),
    ...(erasures.some(({ lost, lostPages }) => lost + lostPages > 0)
      ? [
          'Who was erased is no longer known for certain: erase them again, or the next export may bring them back.',
        ]
      : []),
  ];
}

function lostLine(lostAtMost: number | null): string {
  if (lostAtMost === 0) return 'No message is lost altogether. Every input is read again by the next run.';
  const how = lostAtMost === null ? 'Messages' : `At most ${plural(lostAtMost, 'message')}`;
  const may =
    lostAtMost === null ? 'may be lost altogether, and nobody can tell how many' : 'may be lost altogether';
  return (
    `${how} ${may}: a run that finds them in an export takes them for new and sends them, a second time if they were sent. ` +
    'Live destinations refuse to run until a person says --new-ledger.'
  );
}
