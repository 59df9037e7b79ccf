/** Where blobs are in a store that speaks S3's protocol. */
export interface S3Place {
  /** Where it is asked, a path included. */
  readonly endpoint: URL;
  /** Where browsers reach it; null where they do not. */
  readonly publicEndpoint: URL | null;
  readonly region: string;
  readonly bucket: string;
  /** Before every key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** Whether the bucket stands in the path, or before the host's name. */
  readonly pathStyle: boolean;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that are for a time; null for others. */
  readonly sessionToken: string | null;
}

/** The address of an object, by its name in the bucket, or of the bucket where that is empty. */
export function objectUrl({ bucket, pathStyle }: S3Place, endpoint: URL, name: string): URL {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/+$/, "");
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = pathStyle ? `${base}/${bucket}${name === "" ? "" : `/${name}`}` : `${base}/${name}`;
  return url;
}
