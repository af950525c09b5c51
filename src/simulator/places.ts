/** Which departments the credentials cover, and which customers there are. */
import { BadRequest } from './answers.ts';
import type { SimulatorSettings } from './simulator.ts';

/** @returns a check that throws {@link BadRequest} 403 or 404. */
export function createPlaceCheck(
  settings: SimulatorSettings,
): (departmentUuid: string, customerUuid: string) => void {
  const departments = settings.departments && new Set(settings.departments);
  const forbiddenDepartments = new Set(settings.forbiddenDepartments);
  const unknownCustomers = new Set(settings.unknownCustomers);
  return (departmentUuid, customerUuid) => {
    if (forbiddenDepartments.has(departmentUuid) || departments?.has(departmentUuid) === false) {
      throw new BadRequest(403, 'FORBIDDEN', 'the credentials do not cover this department');
    }
    if (unknownCustomers.has(customerUuid)) {
      throw new BadRequest(404, 'NO_SUCH_CUSTOMER', 'there is no such customer');
    }
  };
}
