/** Puts together what a delivery is about to send, for a person to look at before people get it. */
import type { DeliveryPlan } from '../ledger/ledger.ts';
import type { Item, MessageContract } from '../messages/message-contract.ts';
import type { SendExample, SendOutline } from './summary.ts';

/** Walks over all conversations of the plan, and reads a message of each of the first `exampleCount`. */
export async function outlineOf(
  plan: DeliveryPlan,
  contract: MessageContract,
  exampleCount: number,
): Promise<SendOutline> {
  const departments = new Map<string, number>();
  const examples: SendExample[] = [];
  for (let next = await plan.nextConversation(); next !== null; next = await plan.nextConversation()) {
    const { departmentUuid, customerUuid, messageCount } = next;
    departments.set(departmentUuid, (departments.get(departmentUuid) ?? 0) + messageCount);
    if (examples.length === exampleCount) continue;
    for (const { item } of await next.next(1, Number.MAX_SAFE_INTEGER, 0)) {
      const text = contract.textOf(JSON.parse(item.toString('utf8')) as Item);
      examples.push({ departmentUuid, customerUuid, text });
    }
  }
  return {
    messages: plan.messageCount,
    customers: await plan.countCustomers(),
    departments: [...departments]
      .map(([departmentUuid, messages]) => ({ departmentUuid, messages }))
      .sort((a, b) => b.messages - a.messages),
    examples,
  };
}
