/** The listening socket, with outages: times in which connections are refused as if nobody were there. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../errors.ts';
import type { FaultRule } from './faults.ts';

const RELISTEN_MS = 50;

export interface Listener {
  readonly port: number;
  /** Takes the outages among the rules; times count from now. Replaces those planned before. */
  plan(rules: readonly FaultRule[], onOutage: () => void): void;
  close(): Promise<void>;
}

/** @throws {UsageError} `PORT_IN_USE` or `CANNOT_LISTEN`. */
export async function listen(server: Server, host: string, port: number): Promise<Listener> {
  await listenOnce(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  let timers: NodeJS.Timeout[] = [];
  let closed = false;

  function later(delayMs: number, action: () => void): void {
    timers.push(setTimeout(action, delayMs));
  }

  function begin(): void {
    server.close();
    server.closeAllConnections();
  }

  function end(): void {
    if (closed || server.listening) return;
    // Somebody else may have taken the port for a moment.
    listenOnce(server, host, bound).catch(() => later(RELISTEN_MS, end));
  }

  function forget(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  }

  return {
    port: bound,
    plan(rules, onOutage) {
      forget();
      end();
      for (const { fault, during } of rules) {
        if (fault !== 'outage' || during === undefined) continue;
        later(during.startMs, () => {
          onOutage();
          begin();
        });
        later(during.startMs + during.durationMs, end);
      }
    },
    close() {
      closed = true;
      forget();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.removeListener('error', fail);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UsageError {
  if (error.code === 'EADDRINUSE') {
    return new UsageError(`port ${port} is taken`, {
      code: 'PORT_IN_USE',
      fix: 'Choose another with --port, or 0 for any that is free.',
      cause: error,
    });
  }
  return new UsageError(`cannot listen at ${host} port ${port} (${error.code ?? 'no reason given'})`, {
    code: 'CANNOT_LISTEN',
    fix: 'Choose an address of this machine and a port above 1023.',
    cause: error,
  });
}
