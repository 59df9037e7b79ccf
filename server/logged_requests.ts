import type { Log } from "../transfers/log.ts";
import type { RequestObserver } from "./request_observer.ts";

/** Writes every request to the log, for machines to count; without its query, which may open something. */
export function loggedRequests(log: Log): RequestObserver {
  return {
    answered: ({ method, path, operation, status, seconds }) =>
      log.info("Request answered", { event: "request", method, path, operation, status, seconds }),
  };
}
