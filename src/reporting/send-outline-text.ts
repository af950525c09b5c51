import type { SendOutline } from '../pipeline/summary.ts';
import { plural } from './counts.ts';
import { type Paint, unpainted } from './paint.ts';
import { renderTable } from './table.ts';

const SHOWN_DEPARTMENTS = 10;
const SHOWN_TEXT_LENGTH = 40;
const SHOWN_CUSTOMER_LENGTH = 4;

/** What people are about to get: how many, where, and a few examples whose customers stay unnamed. */
export function sendOutlineText(
  { messages, customers, departments, examples }: SendOutline,
  { destinationType, paint = unpainted }: { readonly destinationType: string; readonly paint?: Paint },
): string {
  const shown = departments.slice(0, SHOWN_DEPARTMENTS);
  const hidden = departments.length - shown.length;
  const counts = shown.map(({ departmentUuid, messages }) => [departmentUuid, messages]);
  const rest = hidden === 0 ? [] : [[`and ${plural(hidden, 'more department')}`]];
  return [
    `${paint('bold', plural(messages, 'message'))} to ${plural(customers, 'customer')}, sent by ${destinationType} ` +
      'to people who get them at once:\n',
    renderTable([...counts, ...rest], { head: ['department', 'messages'], paint }),
    'For example:\n',
    renderTable(
      examples.map(({ departmentUuid, customerUuid, text }) => [
        departmentUuid,
        masked(customerUuid),
        shortened(text),
      ]),
      { head: ['department', 'customer', 'text'], paint },
    ),
  ].join('');
}

/** The end of an identifier or a phone number: enough to find it again, too little to give anybody away. */
function masked(customer: string): string {
  return customer.length <= SHOWN_CUSTOMER_LENGTH ? '…' : `…${customer.slice(-SHOWN_CUSTOMER_LENGTH)}`;
}

function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * SHOWN_TEXT_LENGTH + 1)];
  return characters.length <= SHOWN_TEXT_LENGTH
    ? text
    : `${characters.slice(0, SHOWN_TEXT_LENGTH).join('')}…`;
}
