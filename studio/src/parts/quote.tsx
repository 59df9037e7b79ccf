import { estimate, estimateError } from "../state/estimates.ts";
import { formatBytes, formatSeconds } from "../state/format.ts";

/** What it will cost, on two lines that are always there. */
export function Quote() {
  const cost = estimate.value;
  if (estimateError.value) return <p class="quote problem" role="status">{estimateError.value}</p>;
  if (!cost) return <p class="quote" role="status">&nbsp;</p>;
  const { seconds, memoryBytes, steps, fits } = cost;
  const needs = `${steps} steps, ${formatBytes(memoryBytes)} of memory`;
  if (!fits) {
    return <p class="quote problem" role="status">Too large for the engine: {needs}. Choose a smaller size.</p>;
  }
  return (
    <p class="quote" role="status">
      <strong>{seconds === null ? "Duration not known yet" : `About ${formatSeconds(seconds)}`}</strong>
      <span>{needs}</span>
    </p>
  );
}
