import { Agent } from 'node:http';
import { HttpService } from '@nestjs/axios';
import { Injectable, Logger } from '@nestjs/common';
import axios, { type AxiosResponse, isAxiosError } from 'axios';
import {
  catchError,
  defer,
  map,
  type Observable,
  of,
  retry,
  tap,
  throwError,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';
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

  /** Emits one answer, and never an error. Attempts that get no answer are repeated on fresh connections. */
  ask(requestId: string): Observable<BackendAnswer> {
    const { attempts } = this.settings.backend;
    return this.attempt(requestId).pipe(
      retry({ count: attempts - 1, delay: (error) => this.beforeRetry(error) }),
      map(({ data }) => ({ backend: nodeNamedIn(data) })),
      catchError((error: unknown) => {
        const reason = this.inWords(error);
        this.logger.warn(reason);
        return of({ backend: null, error: reason });
      }),
    );
  }

  /** With a cancellation of its own: that of HttpService ends every request, answered or not, with an error and its stack. */
  private attempt(requestId: string): Observable<AxiosResponse<unknown>> {
    const { url, attemptTimeoutMs } = this.settings.backend;
    return defer(() => {
      const { token, cancel } = axios.CancelToken.source();
      return this.http
        .get<unknown>(url, { headers: { 'x-request-id': requestId }, cancelToken: token })
        .pipe(timeout(attemptTimeoutMs), tap({ error: () => cancel() }));
    });
  }

  private beforeRetry(error: unknown): Observable<unknown> {
    if (isAxiosError(error) && error.response) return throwError(() => error);
    // The other idle connections lead to the same HAProxy, which is probably dead.
    for (const idle of Object.values(this.connections.freeSockets).flat()) idle?.destroy();
    return timer(error instanceof TimeoutError ? 0 : RETRY_DELAY_MS);
  }

  private inWords(error: unknown): string {
    const { attempts, attemptTimeoutMs } = this.settings.backend;
    if (error instanceof TimeoutError) {
      return `The backend tier does not answer (waited ${attemptTimeoutMs} ms, ${attempts} times)`;
    }
    if (!isAxiosError(error)) return 'The backend tier gave an answer that makes no sense';
    if (error.response)
      return `The backend tier answered with HTTP status ${error.response.status}${saidBy(error.response)}`;
    return `The backend tier cannot be reached (${error.code})`;
  }
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
