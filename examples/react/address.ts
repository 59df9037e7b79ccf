/** Where the server is: `?server=http://…` of this page's address, or its default. */
export const SERVER = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:4000";
