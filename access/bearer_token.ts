/** Characters of a bearer token. */
const MAX_TOKEN = 8192;

/** The token of an `Authorization` header, however its scheme is spelled (RFC 9110, section 11.1); undefined without one. */
export function bearerToken(authorization: string): string | undefined {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
  return token === undefined || token.length > MAX_TOKEN ? undefined : token;
}
