import { createHistoricalContract } from '../../src/messages/historical-contract.ts';
import { createTextContract } from '../../src/messages/text-contract.ts';
import { createWhatsappContract } from '../../src/messages/whatsapp-contract.ts';
import { messageContract } from '../contracts/message-contract.ts';

messageContract({
  name: 'mykaarma-historical',
  contract: createHistoricalContract({ allowScheduledDrafts: false }),
  wholeItem: () => ({
    sentOn: '2025-03-28T11:34:43.227Z',
    receivedOn: '2025-03-28T11:34:44.000Z',
    userUuid: 'user-1',
    messageAttributes: {
      body: 'Your car is ready',
      type: 'OUTGOING',
      protocol: 'TEXT',
      isManual: true,
      metaData: { channel: 'sms' },
    },
    notificationAttributes: {
      internalSubscribersNotifierPop: false,
      externalSubscribersNotifierPop: false,
      threadOwnerNotifierPop: false,
      sendPhoneNotification: true,
    },
  }),
});

messageContract({
  name: 'mykaarma-text',
  contract: createTextContract({ allowDuplicateTexts: false }),
  wholeItem: () => ({
    userUuid: 'user-1',
    messageAttributes: { body: 'Your car is ready', isManual: true, protocol: 'TEXT', type: 'OUTGOING' },
    messageSendingAttributes: {
      communicationValueOfCustomer: '+13105550123',
      sendSynchronously: false,
      callbackURL: 'https://hooks.example.com/t/1',
      callbackMetaData: { campaign: 'spring' },
      addTCPAFooter: true,
      addSignature: false,
      addFooter: false,
      sendVCard: true,
    },
  }),
});

messageContract({
  name: 'kaleyra-whatsapp',
  contract: createWhatsappContract({ sender: '+16285550191', allowDuplicateTexts: false }),
  wholeItem: () => ({
    messaging_object: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: ['+13105550123'],
      type: 'text',
      text: { preview_url: true, body: 'Your car is ready' },
    },
    extra_info: { ref: 'order-1', ref1: 'spring', ref2: 'service', wa_source: 'api' },
  }),
});
