// The candidate whose row has the largest product with a query's, the first of equals, in each span of candidates.
// `accumulate.wgsl` is a part of it.
//
// A workgroup takes ROWS queries, and ROWS of its span's candidates at a time. It takes STEP quads of both into workgroup
// memory; an invocation computes 8 × 8 products, every SIDE-th row of each, and keeps the largest of each query's.

struct Numbers {
  queries: u32,
  candidates: u32,
  // Of a row.
  quads: u32,
  // Candidates of a span.
  span: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> queries: array<vec4f>;
@group(0) @binding(2) var<storage, read> candidates: array<vec4f>;
// By span and query: the product, and which candidate.
@group(0) @binding(3) var<storage, read_write> found: array<vec2f>;

const STEP = 4u;
const SIDE = 8u;
const THREADS = SIDE * SIDE;
const LEAST = -3.4e38;

// By quad and row.
var<workgroup> query_rows: array<vec4f, STEP * ROWS>;
var<workgroup> candidate_rows: array<vec4f, STEP * ROWS>;
// Of each invocation, for its first and its last four queries.
var<workgroup> products: array<vec4f, 2u * THREADS>;
var<workgroup> places: array<vec4u, 2u * THREADS>;

// The largest products of four queries.
struct Best {
  product: vec4f,
  place: vec4u,
}

fn queries_at(row: u32) -> mat4x4f {
  return mat4x4f(query_rows[row], query_rows[row + SIDE], query_rows[row + 2u * SIDE], query_rows[row + 3u * SIDE]);
}

// Products of four queries with one candidate after the other.
fn multiply(sum: mat4x4f, queries: mat4x4f, row: u32) -> mat4x4f {
  return mat4x4f(
    accumulate(sum[0], queries, candidate_rows[row]),
    accumulate(sum[1], queries, candidate_rows[row + SIDE]),
    accumulate(sum[2], queries, candidate_rows[row + 2u * SIDE]),
    accumulate(sum[3], queries, candidate_rows[row + 3u * SIDE]),
  );
}

fn better(best: Best, product: vec4f, place: u32) -> Best {
  let larger = (product > best.product) & vec4<bool>(place < numbers.candidates);
  return Best(select(best.product, product, larger), select(best.place, vec4u(place), larger));
}

fn best_of(best: Best, products: mat4x4f, place: u32) -> Best {
  let first = better(best, products[0], place);
  let second = better(first, products[1], place + SIDE);
  let third = better(second, products[2], place + 2u * SIDE);
  return better(third, products[3], place + 3u * SIDE);
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_query = group.x * ROWS;
  let start = group.y * numbers.span;
  let end = min(start + numbers.span, numbers.candidates);
  var upper = Best(vec4f(LEAST), vec4u(start));
  var lower = upper;
  for (var first = start; first < end; first += ROWS) {
    var s00 = mat4x4f();
    var s01 = mat4x4f();
    var s10 = mat4x4f();
    var s11 = mat4x4f();
    for (var base = 0u; base < numbers.quads; base += STEP) {
      for (var i = index; i < STEP * ROWS; i += THREADS) {
        let row = i / STEP;
        let quad = base + i % STEP;
        var query = vec4f();
        if (first_query + row < numbers.queries && quad < numbers.quads) {
          query = queries[(first_query + row) * numbers.quads + quad];
        }
        query_rows[i % STEP * ROWS + row] = query;
        var candidate = vec4f();
        if (first + row < numbers.candidates && quad < numbers.quads) {
          candidate = candidates[(first + row) * numbers.quads + quad];
        }
        candidate_rows[i % STEP * ROWS + row] = candidate;
      }
      workgroupBarrier();
      for (var k = 0u; k < STEP; k++) {
        let row = k * ROWS + lane.y;
        let upper_queries = transpose(queries_at(row));
        let lower_queries = transpose(queries_at(row + 4u * SIDE));
        let candidate = k * ROWS + lane.x;
        s00 = multiply(s00, upper_queries, candidate);
        s01 = multiply(s01, upper_queries, candidate + 4u * SIDE);
        s10 = multiply(s10, lower_queries, candidate);
        s11 = multiply(s11, lower_queries, candidate + 4u * SIDE);
      }
      workgroupBarrier();
    }
    // In the order of the candidates, so that the first of equals stays.
    let place = first + lane.x;
    upper = best_of(best_of(upper, s00, place), s01, place + 4u * SIDE);
    lower = best_of(best_of(lower, s10, place), s11, place + 4u * SIDE);
  }
  products[index] = upper.product;
  places[index] = upper.place;
  products[THREADS + index] = lower.product;
  places[THREADS + index] = lower.place;
  workgroupBarrier();
  // One query for each invocation.
  let query = first_query + index;
  if (query >= numbers.queries) {
    return;
  }
  let four = index / (4u * SIDE) * THREADS + index % SIDE * SIDE;
  let which = index / SIDE % 4u;
  var product = products[four][which];
  var nearest = places[four][which];
  for (var k = 1u; k < SIDE; k++) {
    let other = products[four + k][which];
    let place = places[four + k][which];
    if (other > product || (other == product && place < nearest)) {
      product = other;
      nearest = place;
    }
  }
  found[group.y * numbers.queries + query] = vec2f(product, f32(nearest));
}
