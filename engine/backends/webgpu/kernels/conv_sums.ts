/**
 * Completes `conv_tiles.wgsl` for an invocation of so many pixels below one another, of so many quads. Each of its sums is a
 * variable of its own, which compilers keep in registers.
 */
export function writeOutSums(source: string, rows: number, quads: number): string {
  const each = Array.from({ length: quads }, (_, quad) => quad);
  const sums = Array.from({ length: rows }, (_, row) => row);
  return source
    .replace("//sums", each.flatMap((quad) => sums.map((row) => `var ${sum(quad, row)} = vec4f();`)).join("\n"))
    .replace("//products", [...each.map(loadTaps), ...rowsOfProducts(rows, each)].join("\n"))
    .replace("//results", each.map((quad) => put(quad, rows)).join("\n"));
}

/** Quads of taps from one quad of the output to the next: `TAPS` of the kernel. */
const TAPS = 36;
/** The rows of a column of taps, from above. */
const TAP_ROWS = ["upper", "middle", "lower"] as const;

function sum(quad: number, row: number): string {
  return `sum_${quad}_${row}`;
}

function loadTaps(quad: number): string {
  return TAP_ROWS.map((name, i) => `let ${name}_${quad} = taps_at(tap + ${TAPS * quad + 4 * i}u);`).join("\n");
}

/** A row of pixels serves up to three sums; each sum takes its rows from above. */
function rowsOfProducts(rows: number, quads: readonly number[]): string[] {
  return Array.from({ length: rows + 2 }, (_, at) => {
    const products = quads.flatMap((quad) =>
      TAP_ROWS.flatMap((name, i) => {
        const row = at - i;
        if (row < 0 || row >= rows) return [];
        return [`${sum(quad, row)} = accumulate(${sum(quad, row)}, ${name}_${quad}, row_${at});`];
      })
    );
    return [`let row_${at} = halo[at + ${at}u * HALO_WIDTH];`, ...products].join("\n");
  });
}

/** The first row's sum goes out, and the others move up. */
function put(quad: number, rows: number): string {
  const moves = Array.from({ length: rows - 1 }, (_, row) => `${sum(quad, row)} = ${sum(quad, row + 1)};`);
  return [`put(column, row + i, quad + ${quad}u, ${sum(quad, 0)});`, ...moves].join("\n");
}
