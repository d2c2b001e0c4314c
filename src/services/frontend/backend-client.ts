import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpService } from '@nestjs/axios';
import { Injectable, Logger } from '@nestjs/common';
import { AxiosError, type AxiosResponse, isAxiosError } from 'axios';
import { FrontendSettings } from '../service-settings.js';

/** The backend node that answered, or why none did, for a person. */
export type BackendAnswer = { backend: string } | { backend: null; error: string };

/** After a refused or broken connection: as long as a crashed HAProxy's virtual IP takes to move. */
const RETRY_DELAY_MS = 100;

@Injectable()
export class BackendClient {
  private readonly logger = new Logger(BackendClient.name);

  constructor(
    private readonly http: HttpService,
    private readonly connections: Agent,
    private readonly settings: FrontendSettings,
  ) {}

  /** Never fails. Attempts that get no answer are repeated on fresh connections. */
  async ask(requestId: string): Promise<BackendAnswer> {
    const { url, attempts, attemptTimeoutMs } = this.settings.backend;
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Not by way of an Observable, whose end cancels the request, answered or not, with an error and its stack.
        const { data } = await this.http.axiosRef.request<unknown>({
          url,
          timeout: attemptTimeoutMs,
          headers: { 'x-request-id': requestId },
        });
        return { backend: nodeNamedIn(data) };
      } catch (error) {
        if (attempt < attempts && isAxiosError(error) && !error.response) {
          await this.beforeRetry(error);
        } else {
          const msg = this.inWords(error);
          this.logger.warn({ requestId, msg });
          return { backend: null, error: msg };
        }
      }
    }
  }

  private async beforeRetry(error: AxiosError): Promise<void> {
    // The other idle connections lead to the same HAProxy, which is probably dead.
    for (const idle of Object.values(this.connections.freeSockets).flat()) idle?.destroy();
    if (!isTimeout(error)) await pause(RETRY_DELAY_MS);
  }

  private inWords(error: unknown): string {
    const { attempts, attemptTimeoutMs } = this.settings.backend;
    if (!isAxiosError(error)) return 'The backend tier gave an answer that makes no sense';
    if (isTimeout(error)) return `The backend tier does not answer (waited ${attemptTimeoutMs} ms, ${attempts} times)`;
    if (error.response)
      return `The backend tier answered with HTTP status ${error.response.status}${saidBy(error.response)}`;
    return `The backend tier cannot be reached (${error.code})`;
  }
}

function isTimeout({ code }: AxiosError): boolean {
  return code === AxiosError.ECONNABORTED;
}

/** Of an error: the answer's own words, such as which HAProxy had no server for it. */
function saidBy({ data }: AxiosResponse<unknown>): string {
  if (typeof data !== 'object' || data === null || !('error' in data) || typeof data.error !== 'string') return '';
  return `: ${data.error}`;
}

function nodeNamedIn(data: unknown): string {
  if (typeof data === 'object' && data !== null && 'backend' in data && typeof data.backend === 'string') {
    return data.backend;
  }
  throw new TypeError('not an answer of the backend service');
}
