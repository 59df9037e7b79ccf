/** The path that everything of the server lies below, without a slash at its end: the script is in a folder below that. */
export const BASE = new URL("..", import.meta.url).pathname.slice(0, -1);
