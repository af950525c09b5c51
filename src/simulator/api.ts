/** The APIs that the simulator speaks, each in a file of its own. */
export const APIS = ['historical', 'text', 'kaleyra'] as const;

/**
 * - `historical`: save-historical-message reference, `historical-api.ts`
 * - `text`: send-text reference, `text-api.ts`
 * - `kaleyra`: Kaleyra's send-text-messages reference, `kaleyra-api.ts`
 */
export type Api = (typeof APIS)[number];
