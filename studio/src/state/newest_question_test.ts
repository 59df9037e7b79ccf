import assert from "node:assert/strict";
import { NewestQuestion } from "./newest_question.ts";

Deno.test("NewestQuestion asks once for several changes, and only the newest", async () => {
  const question = new NewestQuestion();
  const asked: string[] = [];
  const answer = await new Promise<string>((resolve, reject) => {
    for (const text of ["first", "second", "third"]) {
      question.ask(() => Promise.resolve(asked.push(text)).then(() => text), resolve, reject);
    }
  });
  assert.equal(answer, "third");
  assert.deepEqual(asked, ["third"]);
});

Deno.test("NewestQuestion hands on no answer and no error of what is no longer asked", async () => {
  const question = new NewestQuestion();
  const late = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<AbortSignal>();
  const heard: unknown[] = [];
  const work = (signal: AbortSignal) => {
    begun.resolve(signal);
    return late.promise;
  };
  question.ask(work, (answer) => heard.push(answer), (error) => heard.push(error));
  const signal = await begun.promise;
  const answer = new Promise((resolve, reject) => question.ask(() => Promise.resolve("newer"), resolve, reject));
  assert.ok(signal.aborted);
  late.reject(new Error("too late"));
  assert.equal(await answer, "newer");
  assert.deepEqual(heard, []);
});
