import { contents, count, problem, readAxes, styles } from "../batch/draft.ts";
import { batchCost, batchCostError } from "../batch/quote.ts";
import { formatBytes, formatSeconds } from "../state/format.ts";

/** How many paintings that makes, and how long they will take, on two lines that are always there. */
export function BatchQuote() {
  const wrong = problem.value ?? batchCostError.value;
  if (wrong) return <p class="quote problem" role="status">{wrong}</p>;
  if (contents.value.length === 0) return <p class="quote" role="status">Choose what is painted.</p>;
  if (styles.value.length === 0) return <p class="quote" role="status">Choose in which styles.</p>;
  const cost = batchCost.value;
  if (cost && !cost.fits) {
    const needs = `one needs ${formatBytes(cost.memoryBytes)} of memory`;
    return <p class="quote problem" role="status">Too large for the engine: {needs}. Choose a smaller size.</p>;
  }
  const duration = cost && cost.seconds !== null ? `About ${formatSeconds(cost.seconds)}` : "Duration not known yet";
  return (
    <p class="quote" role="status">
      <strong>{sum()}</strong>
      <span>{cost ? `${duration}, ${cost.steps} steps in all` : "\u00a0"}</span>
    </p>
  );
}

/** As `3 pictures × 2 styles × 3 = 18 paintings`. */
function sum(): string {
  const factors = [
    plural(contents.value.length, "picture"),
    plural(styles.value.length, "style"),
    ...readAxes.value.map(({ values }) => String(values.length)),
  ];
  return `${factors.join(" × ")} = ${plural(count.value, "painting")}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
