import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { Order, OrderBook, TransferStore } from "../ports.ts";
import { statusOnly, transferRecord } from "../../testing/records.ts";

/** An order book under test. */
export interface OpenOrderBook {
  readonly orders: OrderBook;
  /** The same as another server has it. */
  readonly other: OrderBook;
  /** Of the same storage. */
  readonly store: TransferStore;
  /** Lets so many milliseconds pass; it may do nothing where they pass by themselves. */
  later(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

const CANCEL: Order = { kind: "CANCEL" };
const RETUNE: Order = { kind: "RETUNE", retuning: { styleWeight: 2 } };
/** Milliseconds for an answer that comes. */
const LONG = 60_000;

/** What every order book must do. `open` gives an empty one and `close` lets it go. */
export function testOrderBook(name: string, open: () => Promise<OpenOrderBook>): void {
  const test = suite(name, async () => {
    const opened = await open();
    for (const id of ["a", "b", "c"]) await opened.store.create(transferRecord({ id }), statusOnly("QUEUED"));
    return opened;
  });

  test("keeps orders until they are answered, oldest first", async ({ orders, other }) => {
    const first = await orders.send("a", RETUNE);
    const second = await other.send("b", CANCEL);
    const third = await orders.send("a", CANCEL);
    await orders.send("c", CANCEL);
    assert.deepEqual(first, { id: first.id, transferId: "a", order: RETUNE });
    assert.deepEqual(await other.open(["a", "b", "x"]), [first, second, third]);
    await other.answer(first.id, { failure: null });
    assert.deepEqual(await orders.open(["a"]), [third]);
    assert.deepEqual(await orders.open([]), []);
  });

  test("tells whoever waits the answer of another server", async ({ orders, other }) => {
    const order = await orders.send("a", CANCEL);
    const answered = orders.answered(order.id, LONG);
    const failure = { code: "CONFLICT", message: "Cannot cancel: it has ended" } as const;
    await other.answer(order.id, { failure });
    assert.deepEqual(await answered, { failure });
  });

  test("tells an answer that came before it was asked for", async ({ orders, other }) => {
    const order = await orders.send("a", CANCEL);
    await other.answer(order.id, { failure: null });
    assert.deepEqual(await orders.answered(order.id, LONG), { failure: null });
  });

  test("keeps the first answer", async ({ orders, other }) => {
    const order = await orders.send("a", CANCEL);
    await other.answer(order.id, { failure: null });
    await other.answer(order.id, { failure: { code: "CONFLICT", message: "late" } });
    assert.deepEqual(await orders.answered(order.id, LONG), { failure: null });
  });

  test("says when there is no answer in time", async ({ orders, later }) => {
    const order = await orders.send("a", CANCEL);
    const answered = orders.answered(order.id, 5);
    await later(5);
    assert.equal(await answered, null);
    assert.deepEqual(await orders.open(["a"]), [order]);
  });

  test("forgets orders with their transfer", async ({ orders, other, store }) => {
    const order = await orders.send("a", CANCEL);
    await store.remove("a");
    assert.deepEqual(await other.open(["a"]), []);
    await other.answer(order.id, { failure: null });
  });

  test("wakes those who watch, whichever server sends", async ({ orders, other }) => {
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    using _watch = orders.watch(resolve);
    await other.send("a", CANCEL);
    await woken;
  });
}
