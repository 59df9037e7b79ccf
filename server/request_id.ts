/** What a proxy may call a request, so that it can stand in a header and in a log. */
const GIVEN = /^[\w.:+/=@-]{1,128}$/;

/** The id of a request: what a trusted proxy has given it, or a new one. */
export function requestId(given: string | undefined, trusted: boolean): string {
  return trusted && given !== undefined && GIVEN.test(given) ? given : crypto.randomUUID();
}
