/** Characters of a text in the log. */
const MAX_CHARACTERS = 2000;

/** Everything that a terminal would act on instead of showing it, or that ends or turns a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** An address, with or without a scheme. It ends where no address can go on. */
const ADDRESS = /(?:[a-z][a-z0-9+.-]{0,30}:)?\/\/[^\s"<>]+/gi;
/** What stands behind the path of an address on this server, as of a signed link. */
const QUERY = /(\/[^\s"<>?#]*)[?#][^\s"<>]+/g;

/** What opens something by itself: keys, links of transfers, secrets of webhooks, tokens, other credentials. */
const CREDENTIALS = [
  /\bgram(?:share)?_[\w.-]+/g,
  /\bwhsec_[\w+/=]+/g,
  /\beyJ[\w-]*\.[\w-]+(?:\.[\w-]*)*/g,
  /\b(?:bearer|basic)\s+[^\s"]+/gi,
];

/** A picture as text. */
const DATA = /\bdata:[^\s"<>]*/gi;
/** What is too long for a word or a hash, but not for a picture in base64; a path of short names is neither. */
const UNBROKEN = /[A-Za-z0-9+/_=-]{65,}/g;
const PATH = /^(?:\/?[\w=+-]{1,40}(?:\/|$))+$/;
const MAX_PATH = 300;

const GONE = "[…]";

/**
 * A text as it may stand in a log: one printable line, without keys and pictures, and of every address only scheme, host
 * and path. What looks like a secret goes too.
 */
export function loggable(text: string): string {
  let said = text.length > 2 * MAX_CHARACTERS ? text.slice(0, 2 * MAX_CHARACTERS) : text;
  said = said.replaceAll(DATA, `data:${GONE}`).replaceAll(ADDRESS, bareAddress).replaceAll(QUERY, `$1?${GONE}`);
  for (const credential of CREDENTIALS) said = said.replaceAll(credential, GONE);
  said = said.replaceAll(UNBROKEN, (run) => run.length <= MAX_PATH && PATH.test(run) ? run : GONE);
  if (said.length > MAX_CHARACTERS) said = `${said.slice(0, MAX_CHARACTERS - 1)}…`;
  return said.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** An address without what may be secret in it: a user's name and password, a query and a fragment. */
export function bareAddress(address: string): string {
  const [, scheme = "", authority = "", path = "", rest = ""] = /^([^/]*\/\/)([^/\\?#]*)([^?#]*)(.*)$/s.exec(address)!;
  return scheme + authority.slice(authority.lastIndexOf("@") + 1) + path + (rest === "" ? "" : `?${GONE}`);
}
