import type { Answer, Receivers } from "../notices/receivers.ts";
import { PublicReceivers } from "../notices/receivers.ts";

/** A request as a receiver has it. */
export interface Received {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Receivers that answer as a test says, on a network of their own. */
export class FakeReceivers implements Receivers {
  /** All that has come. */
  readonly received: Received[] = [];
  /** What is answered; 204 unless told. */
  answer: (request: Received, signal: AbortSignal) => Partial<Answer> | Promise<Partial<Answer>> = () => ({});
  readonly #public = new PublicReceivers();
  #arrived = Promise.withResolvers<void>();

  faultOf(url: string): string | undefined {
    return this.#public.faultOf(url);
  }

  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const request = { url, headers, body };
    this.received.push(request);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    return { status: 204, retryAfter: undefined, failure: null, ...await this.answer(request, signal) };
  }

  /** Resolves when so many requests have come in all. */
  async arrived(count: number): Promise<void> {
    while (this.received.length < count) await this.#arrived.promise;
  }

  /** Types of what has come, in order. */
  get types(): string[] {
    return this.received.map(({ body }) => JSON.parse(body).type);
  }
}
