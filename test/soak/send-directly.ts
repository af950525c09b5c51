import { SIMULATOR_AUTHORIZATION } from '../support/simulator-client.ts';

/** Sends items of one customer to the API without the program. */
export async function sendDirectly(
  baseUrl: string,
  { departmentUuid, customerUuid }: { readonly departmentUuid: string; readonly customerUuid: string },
  items: readonly string[],
): Promise<void> {
  const url = `${baseUrl}/department/${departmentUuid}/customer/${customerUuid}/communication/historical`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { authorization: SIMULATOR_AUTHORIZATION, 'content-type': 'application/json' },
    body: `{"saveMessageRequestList":[${items.join(',')}]}`,
  });
  if (!response.ok) throw new Error(`the API refuses what is sent directly: ${response.status}`);
  await response.arrayBuffer();
}
