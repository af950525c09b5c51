import type { LedgerContext } from './context.ts';

/** Conversations looked up lately; beyond this many the memory of them starts anew. */
const REMEMBERED = 20_000;

/** Row ids of conversations and message types, created when first met. Called once per staged message. */
export function createConversations({ db, stream }: LedgerContext) {
  const statements = {
    department: db.prepare('INSERT INTO department (stream, uuid) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    departmentId: db.prepare('SELECT id FROM department WHERE stream = ? AND uuid = ?').pluck(),
    conversation: db.prepare(
      'INSERT INTO conversation (department, customer_uuid) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    conversationId: db
      .prepare('SELECT id FROM conversation WHERE department = ? AND customer_uuid = ?')
      .pluck(),
    type: db.prepare('INSERT INTO message_type (name) VALUES (?) ON CONFLICT DO NOTHING'),
    typeId: db.prepare('SELECT id FROM message_type WHERE name = ?').pluck(),
  };
  const departments = new Map<string, number>();
  const conversations = new Map<string, number>();
  const types = new Map<string, number>();

  function remember(memory: Map<string, number>, key: string, find: () => number): number {
    const known = memory.get(key);
    if (known !== undefined) return known;
    if (memory.size >= REMEMBERED) memory.clear();
    const id = find();
    memory.set(key, id);
    return id;
  }

  return {
    conversation(departmentUuid: string, customerUuid: string): number {
      const department = remember(departments, departmentUuid, () => {
        statements.department.run(stream, departmentUuid);
        return statements.departmentId.get(stream, departmentUuid) as number;
      });
      return remember(conversations, `${department} ${customerUuid}`, () => {
        const known = statements.conversationId.get(department, customerUuid) as number | undefined;
        return known ?? Number(statements.conversation.run(department, customerUuid).lastInsertRowid);
      });
    },
    messageType(name: string): number {
      return remember(types, name, () => {
        statements.type.run(name);
        return statements.typeId.get(name) as number;
      });
    },
    /** After a rollback: what was created is gone. */
    forget(): void {
      for (const memory of [departments, conversations, types]) memory.clear();
    },
  };
}

export type Conversations = ReturnType<typeof createConversations>;
