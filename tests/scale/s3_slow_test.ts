/** A server whose pictures are in another's S3, which goes away and comes back. */
import assert from "node:assert/strict";
import { NO_VERSITY, Versity } from "../../transfers/storage/blobs/testing/versity.ts";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { TemporaryDatabase } from "../../transfers/storage/postgres/testing/temporary_database.ts";
import { type Asked, endOf, startOnce } from "../faults/client.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { ask } from "../testing/client.ts";
import { until } from "../testing/in_time.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

const ASKED: Asked = { seed: 3, steps: 60, size: 32 };
const UPLOAD = `mutation ($image: ImageInput!) { uploadImage(image: $image) { image { id } } }`;
const SAMPLE = new URL("../../samples/geometry.jpg", import.meta.url);

testWhere(NO_POSTGRES ?? NO_VERSITY, "a store of pictures that goes away costs nothing but the time", async (t) => {
  await using versity = await Versity.start();
  await using database = await TemporaryDatabase.make();
  const { place: { endpoint, bucket, region }, credentials: { accessKeyId, secretAccessKey } } = versity;
  await using server = await ServerProcess.start({
    env: {
      DATABASE_URL: database.url,
      BLOBS: `s3://${bucket}/pictures`,
      S3_ENDPOINT: endpoint.origin,
      S3_PUBLIC_ENDPOINT: endpoint.origin,
      S3_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      CHECKPOINT_SECONDS: "0.1",
    },
  });
  const { url } = server;

  // The first, since a picture that there is already is not put again.
  const id = await startOnce(url, ASKED, "away");
  let away: Promise<void> | undefined;
  const seen = watch(url, id, { onStep: (step) => void (step === 20 && (away ??= versity.stop())) });
  await until(() => server.lines.some((line) => line.includes("transfers wait until it is writable")));
  await away;
  const base64 = (await Deno.readFile(SAMPLE)).toBase64();
  await assert.rejects(ask(url, UPLOAD, { image: { base64 } }), /STORAGE_UNAVAILABLE: Cannot write to BLOBS/);
  await versity.startAgain();
  assertWhole(await seen);
  const end = await endOf(url, id);
  assert.equal(end.status, "SUCCEEDED");
  assert.ok(!server.lines.some((line) => line.includes(secretAccessKey)));

  await t.step("the picture is the same as without", async () => {
    const id = await startOnce(url, ASKED, "whole");
    assertWhole(await watch(url, id));
    assert.deepEqual(await endOf(url, id), end);
  });

  await t.step("it is had from the store", async () => {
    const { transfer } = await ask<{ transfer: { result: { url: string } } }>(
      url,
      "query ($id: ID!) { transfer(id: $id) { result { url } } }",
      { id },
    );
    const response = await fetch(new URL(transfer.result.url, url));
    assert.equal(new URL(response.url).origin, endpoint.origin);
    assert.equal(response.headers.get("content-type"), "image/png");
    await response.body?.cancel();
  });
});
