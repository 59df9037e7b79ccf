import assert from "node:assert/strict";
import { blobSettings, readConfig } from "../../../config.ts";
import { SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { parseBlobAddress } from "./address.ts";
import { openBlobs } from "./open.ts";
import { S3Server } from "./testing/s3_server.ts";

function settingsOf(variables: Record<string, string>) {
  return blobSettings(readConfig((name) => variables[name]))!;
}

Deno.test("BLOBS leads to a folder or into a bucket", async () => {
  const folder = await Deno.makeTempDir({ suffix: " a" });
  await using server = new S3Server();
  const { place: { endpoint }, credentials } = server;
  const variables = {
    BLOBS: "s3://pictures/some/prefix/",
    S3_ENDPOINT: endpoint.href,
    S3_REGION: "eu-north-1",
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken!,
  };
  for (const each of [variables, { BLOBS: `file://${folder.replace(" ", "%20")}/` }]) {
    const blobs = await openBlobs(settingsOf(each), SILENT_LOG);
    await blobs.put("a/b", new Uint8Array(3));
    await blobs.close();
  }
  assert.deepEqual([...server.objects.keys()], ["some/prefix/a/b"]);
  assert.equal((await Deno.stat(`${folder}/a/b`)).isFile, true);
  await Deno.remove(folder, { recursive: true });
  const isAway = (error: unknown) =>
    isError("STORAGE_UNAVAILABLE")(error) && (error as { field?: string }).field === "BLOBS";
  await assert.rejects(openBlobs(settingsOf({ BLOBS: `file://${folder.replace(" ", "%20")}` }), SILENT_LOG), isAway);
  await assert.rejects(openBlobs(settingsOf({ ...variables, BLOBS: "s3://others" }), SILENT_LOG), isAway);
});

Deno.test("an address of blobs is read with care", () => {
  assert.deepEqual(parseBlobAddress("file:///mnt/a%20b"), { kind: "folder", path: "/mnt/a b" });
  // Of a bucket that may be others' too.
  for (const text of ["s3://bucket", "s3://bucket/", "s3://bucket//"]) {
    assert.deepEqual(parseBlobAddress(text), { kind: "s3", bucket: "bucket", prefix: "gramcast/" });
  }
  assert.deepEqual(parseBlobAddress("s3://my.bucket/A_b//c/"), { kind: "s3", bucket: "my.bucket", prefix: "A_b/c/" });
});

Deno.test("Amazon's S3 is asked by the bucket's name, others by their path, unless it is said", () => {
  const key = { AWS_ACCESS_KEY_ID: "ann", AWS_SECRET_ACCESS_KEY: "hush" };
  const whereOf = (variables: Record<string, string>) => {
    const settings = settingsOf({ BLOBS: "s3://bucket", ...key, ...variables });
    return settings.kind === "s3" && `${settings.place.pathStyle} ${settings.place.endpoint.href}`;
  };
  assert.equal(whereOf({ S3_REGION: "eu-central-1" }), "false https://s3.eu-central-1.amazonaws.com/");
  assert.equal(whereOf({ BLOBS: "s3://a.bucket" }), "true https://s3.us-east-1.amazonaws.com/");
  assert.equal(whereOf({ S3_ENDPOINT: "http://minio:9000" }), "true http://minio:9000/");
  assert.equal(whereOf({ S3_ENDPOINT: "http://minio:9000", S3_PATH_STYLE: "off" }), "false http://minio:9000/");
  assert.equal(whereOf({ S3_PATH_STYLE: "on" }), "true https://s3.us-east-1.amazonaws.com/");
});
