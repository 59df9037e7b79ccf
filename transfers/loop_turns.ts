import { setImmediate } from "node:timers";

/** What one turn of the event loop is filled with: plain fields of a GraphQL answer, of some 5 µs each. */
export const COST_PER_TURN = 500;
/**
 * What is no larger waits for nothing: many who are woken by the same share what is read for it, and would each read it anew
 * when their turns came one after another.
 */
const SMALL = 40;
/** What one caller may do before the next has its go. */
const QUANTUM = 100;

interface Piece {
  readonly cost: number;
  readonly begin: () => void;
}

/** What a caller waits to do, and how much of it may be done before the next caller. */
interface Queue {
  credit: number;
  readonly pieces: Piece[];
}

/**
 * Hands the event loop out in small pieces, so that many who want much of it at once hold up nobody else: requests and
 * timers come between any two turns. Callers who wait have equal shares of it, whatever each of them waits for.
 */
export class LoopTurns {
  readonly #queues = new Map<string, Queue>();
  /** In the present turn of the loop. */
  #spent = 0;
  #endsTurn = false;

  /**
   * Resolves when a piece of work may be done, in this turn of the event loop where there is room. The work has to be done
   * at once then.
   *
   * @param who Whose it is.
   * @param cost What it costs, see `COST_PER_TURN`. It may be more: then the turn is longer.
   * @param gone Aborted when nobody wants it any more: what waits for its turn is rejected.
   */
  async take(who: string, cost: number, gone?: AbortSignal): Promise<void> {
    if (cost <= SMALL || (this.#queues.size === 0 && this.#fits(cost))) return this.#spend(cost);
    gone?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const piece = { cost, begin: resolve };
    const queue = this.#queues.get(who);
    if (queue === undefined) this.#queues.set(who, { credit: 0, pieces: [piece] });
    else queue.pieces.push(piece);
    const leave = () => {
      this.#forget(who, piece);
      reject(gone!.reason);
    };
    gone?.addEventListener("abort", leave, { once: true });
    await promise;
    gone?.removeEventListener("abort", leave);
  }

  /** Pieces that wait. */
  get waiting(): number {
    return this.#queues.values().reduce((sum, { pieces }) => sum + pieces.length, 0);
  }

  /** Whether there is room in the present turn: all of one is for a single piece, whatever it costs. */
  #fits(cost: number): boolean {
    return this.#spent === 0 || this.#spent + cost <= COST_PER_TURN;
  }

  #spend(cost: number): void {
    this.#spent += cost;
    if (this.#endsTurn) return;
    this.#endsTurn = true;
    setImmediate(() => {
      if (this.#queues.size === 0) return this.#turn();
      // While it has something to do at once, the loop looks only now and then for what peers have sent; a timer makes it.
      setTimeout(() => this.#turn());
    });
  }

  /** Fills the next turn of the loop. Shares are fair by cost: deficit round robin (Shreedhar and Varghese, 1996). */
  #turn(): void {
    this.#endsTurn = false;
    this.#spent = 0;
    for (const [who, queue] of this.#queues) {
      if (!this.#fits(queue.pieces[0]!.cost)) break;
      this.#queues.delete(who);
      queue.credit += QUANTUM;
      while (queue.pieces.length > 0) {
        const { cost, begin } = queue.pieces[0]!;
        if (cost > queue.credit || !this.#fits(cost)) break;
        queue.pieces.shift();
        queue.credit -= cost;
        this.#spend(cost);
        begin();
      }
      // Behind the others: this loop comes to it again.
      if (queue.pieces.length > 0) this.#queues.set(who, queue);
    }
  }

  #forget(who: string, piece: Piece): void {
    const { pieces = [] } = this.#queues.get(who) ?? {};
    // Its turn may have come in this very moment.
    if (!pieces.includes(piece)) return;
    pieces.splice(pieces.indexOf(piece), 1);
    if (pieces.length === 0) this.#queues.delete(who);
  }
}
