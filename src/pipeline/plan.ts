/** What a delivery would take, without sending anything. */
import type { Destination } from '../destinations/destination.ts';
import type { DeliveryPlan } from '../ledger/ledger.ts';

export interface RequestPlan {
  readonly batches: number;
  /** Requests when nothing has to be repeated: one a batch. */
  readonly requests: number;
  readonly customers: number;
  readonly departments: number;
  /** At the configured rate, were every answer instant. */
  readonly minimumDurationMs: number;
}

export async function planRequests(
  plan: DeliveryPlan,
  { limits, framing }: Pick<Destination, 'limits' | 'framing'>,
  requestsPerSecond: number,
): Promise<RequestPlan> {
  const departments = new Set<string>();
  let batches = 0;
  for (
    let conversation = await plan.nextConversation();
    conversation;
    conversation = await plan.nextConversation()
  ) {
    departments.add(conversation.departmentUuid);
    const roomBytes = limits.maxBytesPerRequest - framing.requestBytes;
    const skip = () => conversation.skip(limits.maxMessagesPerRequest, roomBytes, framing.perMessageBytes);
    while ((await skip()) > 0) batches += 1;
  }
  return {
    batches,
    requests: batches,
    customers: await plan.countCustomers(),
    departments: departments.size,
    minimumDurationMs: Math.round((Math.max(0, batches - 1) * 1000) / requestsPerSecond),
  };
}
