import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { UsageError } from '../../src/errors.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { sendTextRequest, type TextAnswer, textRequest } from '../support/live-clients.ts';
import { type Script, scriptedServer } from '../support/scripted-server.ts';
import { answerOf, send, simulatorFor, textItem } from '../support/simulator-client.ts';

interface Event {
  readonly id: string;
  readonly timestamp: number;
  readonly departmentuuid: string;
  readonly type: string;
  /** Parsed from the string that it is. */
  readonly payload: {
    readonly isUpdate: boolean;
    readonly messageDTO: Readonly<Record<string, unknown>> & { readonly uuid: string };
    readonly voiceCallDTO?: Readonly<Record<string, unknown>>;
  };
}

async function scene(t: TestContext, options: SimulatorOptions = {}, script?: Script) {
  const receiver = await scriptedServer(t, script ?? ((_, response) => void response.end()));
  const simulator = await simulatorFor(t, {
    eventsUrl: `${receiver.origin}/events`,
    eventsSecret: 's3cret',
    eventsToken: 't0ken',
    deliveryRetryBaseMs: 1,
    ...options,
  });
  const events = (): Event[] =>
    receiver.requests.map(({ body }) => {
      const envelope = JSON.parse(body) as Event & { readonly payload: unknown };
      assert.equal(typeof envelope.payload, 'string');
      return { ...envelope, payload: JSON.parse(envelope.payload as unknown as string) };
    });
  return { receiver, simulator, events };
}

const UUIDS = Array.from({ length: 200 }, (_, number) => `SM${number}`);

suite('message events', () => {
  test('are signed, authorized and labelled as the reference has them', async (t) => {
    const { receiver, simulator } = await scene(t);
    const item = { ...textItem('a'), userUuid: 'é€😀' };
    await send(simulator, [item]);
    await simulator.settled();
    const [request] = receiver.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/events');
    assert.equal(request?.headers['content-type'], 'text/plain');
    assert.equal(request?.headers['x-authorization-token'], 't0ken');
    assert.equal(
      request?.headers['mykaarma-signature-token'],
      `sha256=${createHmac('sha256', 's3cret')
        .update(request?.body ?? '')
        .digest('hex')}`,
    );
  });

  test('tell everything that the request told, in the spelling of the reference', async (t) => {
    const { simulator, events } = await scene(t);
    const beforeMs = Date.now();
    const answer = await answerOf(
      send(simulator, [
        {
          sourceUuid: 'a',
          sentOn: '2024-03-01T10:00:00-08:00',
          receivedOn: '2024-03-01T18:00:05Z',
          userUuid: 'user-1',
          communicationUid: 'uid-1',
          messageAttributes: {
            body: 'Hello',
            type: 'INCOMING',
            protocol: 'EMAIL',
            purpose: 'INCOMING_MESSAGE',
            isManual: false,
            subject: 'Your appointment',
            metaData: { appointmentUuid: 'appt-1' },
            tags: ['TRASH'],
            attachments: [
              {
                fileURL: 'https://files.example.com/1',
                attachmentExtension: 'jpg',
                mimeType: 'image/jpeg',
                originalFileName: 'photo.jpg',
                docSize: '204800',
              },
            ],
          },
        },
      ]),
    );
    await simulator.settled();
    const [event] = events();
    assert.ok(event);
    assert.deepEqual(Object.keys(event), [
      'id',
      'timestamp',
      'dealeruuid',
      'departmentuuid',
      'type',
      'payload',
    ]);
    assert.match(event.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(event.timestamp >= beforeMs && event.timestamp <= Date.now());
    assert.equal(event.departmentuuid, 'dept');
    assert.equal(event.type, 'messages');
    assert.equal(event.payload.isUpdate, false);
    const message = event.payload.messageDTO;
    const uuid = answer.saveMessageResponse[0]?.messageUuid;
    const { id, toNumber, fromNumber, dealerUuid, docFiles, ...rest } = message;
    assert.ok(Number.isSafeInteger(id));
    for (const number of [toNumber, fromNumber]) assert.match(String(number), /^31055501\d\d$/);
    assert.match(String(dealerUuid), /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(rest, {
      uuid,
      messageType: 'I',
      protocol: 'E',
      fromName: null,
      toName: null,
      messageSize: 1,
      sentOn: '2024-03-01 18:00:00',
      receivedOn: '2024-03-01 18:00:05',
      tags: 'TRASH',
      emailMessageId: null,
      communicationUid: 'uid-1',
      messagePurpose: 'INCOMING_MESSAGE',
      deliveryStatus: null,
      dealerDepartmentUuid: 'dept',
      twilioDeliveryFailureMessage: null,
      numberofMessageAttachments: 1,
      isManual: false,
      customerUuid: 'cust',
      customerName: null,
      dealerAssociateUuid: 'user-1',
      isRead: false,
      isArchive: false,
      messageExtnDTO: { messageUuid: uuid, messageBody: 'Hello', subject: 'Your appointment' },
      messageMetaDataDTO: { messageUuid: uuid, metaData: { appointmentUuid: 'appt-1' } },
      messageTags: { tagTypes: [], tags: [] },
    });
    const [file] = docFiles as Record<string, unknown>[];
    assert.match(String(file?.docFileName), /^att_[0-9a-f]{12}\.jpg$/);
    assert.deepEqual(
      { ...file, docFileName: '' },
      {
        messageUuid: uuid,
        docFileName: '',
        originalFileName: 'photo.jpg',
        fileExtension: 'jpg',
        mimeType: 'image/jpeg',
        docSize: '204800',
        thumbnailFileName: null,
        mediaPreviewURL: null,
      },
    );
    assert.doesNotMatch(JSON.stringify(event), /files\.example\.com/, 'attachments come without their URLs');
  });

  test('have letters for type and protocol, and do not tell of drafts', async (t) => {
    const { simulator, events } = await scene(t);
    const kinds = [
      ['OUTGOING', 'TEXT', 'S X'],
      ['INCOMING', 'EMAIL', 'I E'],
      ['INCOMING', 'VOICE_CALL', 'I V'],
      ['NOTE', 'NONE', 'N N'],
      ['DRAFT', 'TEXT', null],
      ['DISCARDED_DRAFT', 'EMAIL', null],
    ] as const;
    for (const [type, protocol] of kinds) {
      const messageAttributes = { body: 'x', type, protocol };
      await send(simulator, [{ ...textItem(`${type} ${protocol}`), messageAttributes }]);
    }
    await simulator.settled();
    assert.equal(simulator.stats().stored, kinds.length);
    assert.deepEqual(
      events()
        .map(({ payload: { messageDTO } }) => `${messageDTO.messageType} ${messageDTO.protocol}`)
        .sort(),
      kinds.flatMap(([, , letters]) => letters ?? []).sort(),
    );
  });

  test('tell of a call beside the message, in the event’s spelling', async (t) => {
    const { simulator, events } = await scene(t);
    await send(simulator, [
      {
        ...textItem('call'),
        messageAttributes: { type: 'INCOMING', protocol: 'VOICE_CALL' },
        voiceCallAttributes: {
          callingParty: '3105550101',
          party2: '3105550102',
          party2prompt: 'press 1',
          callStatus: 1,
          callDateTime: '2024-03-01T10:00:00Z',
          transcribeText: 'hello',
        },
      },
    ]);
    await simulator.settled();
    const call = events()[0]?.payload.voiceCallDTO ?? {};
    const { party1, party2, party2Prompt, transcribedText, callStatus, callDateTime } = call;
    assert.deepEqual(
      { party1, party2, party2Prompt, transcribedText, callStatus, callDateTime },
      {
        party1: '3105550101',
        party2: '3105550102',
        party2Prompt: 'press 1',
        transcribedText: 'hello',
        callStatus: 1,
        callDateTime: '2024-03-01 10:00:00',
      },
    );
  });

  test('tell of texts too, with the number they went to', async (t) => {
    const { simulator, events } = await scene(t);
    const sending = { communicationValueOfCustomer: '+13105550177' };
    const answer = (await (
      await sendTextRequest(simulator, textRequest('Hi', sending))
    ).json()) as TextAnswer;
    await simulator.settled();
    const message = events()[0]?.payload.messageDTO;
    assert.equal(message?.uuid, answer.messageUUID);
    assert.equal(message?.toNumber, '+13105550177');
    assert.equal(`${message?.messageType}${message?.protocol}`, 'SX');
    assert.equal(message?.dealerAssociateUuid, 'user-1');
  });

  test('tell only of what is stored or delivered', async (t) => {
    const { simulator, events } = await scene(t, {
      faults: [
        { fault: 'fail-later', sourceUuid: 'later' },
        { fault: 'refuse', sourceUuid: 'refused' },
        { fault: 'omit', sourceUuid: 'omitted' },
        { fault: 'reset-before', sourceUuid: 'never' },
        { fault: 'reset-after', sourceUuid: 'lost' },
      ],
    });
    await send(
      simulator,
      ['later', 'refused', 'omitted', 'good'].map((uuid) => textItem(uuid)),
    );
    for (const uuid of ['never', 'lost']) await assert.rejects(send(simulator, [textItem(uuid)]));
    const callbackMetaData = { backhaulSourceUuid: 'later' };
    await sendTextRequest(simulator, textRequest('x', { callbackMetaData }));
    await simulator.settled();
    const stored = [...simulator.stored()].map(({ messageUuid }) => messageUuid);
    assert.equal(stored.length, 3);
    assert.deepEqual(
      events()
        .map(({ payload }) => payload.messageDTO.uuid)
        .sort(),
      stored.sort(),
    );
  });

  test('call what comes again an update', async (t) => {
    const { simulator, events } = await scene(t);
    await send(simulator, [textItem('a')]);
    await simulator.settled();
    await send(simulator, [textItem('a')]);
    await simulator.settled();
    const [first, again] = events();
    assert.deepEqual([first?.payload.isUpdate, again?.payload.isUpdate], [false, true]);
    assert.equal(first?.payload.messageDTO.uuid, again?.payload.messageDTO.uuid);
    assert.notEqual(first?.id, again?.id);
  });

  test('survive items of any shape when items are not validated', async (t) => {
    const { simulator, events } = await scene(t, { validate: false });
    const messageAttributes = { type: 'NOTE', attachments: [null, 5], tags: 'x', metaData: 7, body: {} };
    await send(simulator, [
      { sourceUuid: 'a', sentOn: 5, messageAttributes, callBackPathUrl: 5 },
      { sourceUuid: 'b', messageAttributes: null },
      { sourceUuid: 'c', messageAttributes: { ...messageAttributes, attachments: 'y' } },
    ]);
    await simulator.settled();
    assert.equal(events().length, 2);
    assert.equal(simulator.stats().defects, 0);
  });
});

suite('deliveries of message events', () => {
  test('are repeated, byte for byte, until they are taken', async (t) => {
    const { receiver, simulator } = await scene(t, {}, ({ index }, response) => {
      response.writeHead(index < 2 ? 503 : 200);
      response.end();
    });
    await send(simulator, [textItem('a')]);
    await simulator.settled();
    assert.equal(receiver.requests.length, 3);
    assert.equal(new Set(receiver.requests.map(({ body }) => body)).size, 1);
    const { emitted, delivered, retried } = simulator.stats().deliveries.messageEvents;
    assert.deepEqual({ emitted, delivered, retried }, { emitted: 1, delivered: 1, retried: 2 });
  });

  test('come twice as often as the chance says, and the same ones in every run', async (t) => {
    const doubled = async () => {
      const { simulator, events } = await scene(t, { eventDuplicates: 0.2 });
      await send(
        simulator,
        UUIDS.map((uuid) => textItem(uuid)),
      );
      await simulator.settled();
      const seen = new Map<string, Set<string>>();
      const counts = new Map<string, number>();
      for (const event of events()) {
        const { uuid } = event.payload.messageDTO;
        seen.set(uuid, (seen.get(uuid) ?? new Set()).add(JSON.stringify(event)));
        counts.set(uuid, (counts.get(uuid) ?? 0) + 1);
      }
      assert.equal(seen.size, UUIDS.length);
      assert.ok([...seen.values()].every((bodies) => bodies.size === 1));
      return [...counts]
        .filter(([, count]) => count === 2)
        .map(([uuid]) => uuid)
        .sort();
    };
    const first = await doubled();
    assert.ok(first.length > 20 && first.length < 60, `${first.length} of ${UUIDS.length}`);
    assert.deepEqual(await doubled(), first);
  });

  test('overtake each other when they are held back', async (t) => {
    const { simulator, events } = await scene(t, { eventJitterMs: 200, eventUpdates: 1 });
    await send(
      simulator,
      UUIDS.slice(0, 50).map((uuid) => textItem(uuid)),
    );
    await simulator.settled();
    const arrived = events();
    assert.equal(arrived.length, 100);
    const sent = [...simulator.stored()].map(({ messageUuid }) => messageUuid);
    const firstSeen = [...new Set(arrived.map(({ payload }) => payload.messageDTO.uuid))];
    assert.notDeepEqual(firstSeen, sent);
    assert.deepEqual(firstSeen.toSorted(), sent.toSorted());
    const updatesFirst = sent.filter((uuid) => {
      const versions = arrived.filter(({ payload }) => payload.messageDTO.uuid === uuid);
      return versions[0]?.payload.isUpdate;
    });
    assert.ok(updatesFirst.length > 5, 'some updates come before what they update');
  });

  test('bring updates that are later versions of the same message', async (t) => {
    const { simulator, events } = await scene(t, { eventUpdates: 0.5 });
    await send(
      simulator,
      UUIDS.map((uuid) => textItem(uuid)),
    );
    await simulator.settled();
    const updates = events().filter(({ payload }) => payload.isUpdate);
    assert.ok(updates.length > 60 && updates.length < 140, `${updates.length}`);
    for (const update of updates) {
      const { uuid, id } = update.payload.messageDTO;
      const original = events().find(({ payload }) => !payload.isUpdate && payload.messageDTO.uuid === uuid);
      assert.ok(original && original.timestamp < update.timestamp);
      assert.notEqual(original.id, update.id);
      assert.equal(original.payload.messageDTO.id, id);
      assert.deepEqual(
        [original.payload.messageDTO.deliveryStatus, update.payload.messageDTO.deliveryStatus],
        ['sent', 'delivered'],
      );
    }
  });

  test('go nowhere without a URL, and are refused one beyond this machine', async (t) => {
    const simulator = await simulatorFor(t);
    await send(simulator, [textItem('a')]);
    assert.equal(simulator.stats().deliveries.messageEvents.emitted, 0);
    for (const eventsUrl of ['https://example.com/', 'nowhere', 'file:///tmp']) {
      await assert.rejects(
        startSimulator({ eventsUrl }),
        (error) =>
          error instanceof UsageError && error.code === 'EVENTS_URL' && /deliver-anywhere/.test(error.fix),
      );
    }
    await assert.rejects(startSimulator({ eventsUrl: 'nowhere', deliverAnywhere: true }), UsageError);
    const other = await startSimulator({ eventsUrl: 'https://example.com/', deliverAnywhere: true });
    await other.close();
  });

  test('end with the simulator, however long they would still be tried', async (t) => {
    const { receiver, simulator } = await scene(
      t,
      { eventJitterMs: 60_000, deliveryRetryBaseMs: 60_000 },
      () => {},
    );
    await send(
      simulator,
      UUIDS.map((uuid) => textItem(uuid)),
    );
    const settled = simulator.settled();
    await simulator.close();
    await settled;
    assert.ok(receiver.requests.length <= 16);
    assert.ok(simulator.stats().pendingDeliveries > 0);
  });
});
