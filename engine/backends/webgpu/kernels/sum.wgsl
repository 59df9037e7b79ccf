// The sum of a workgroup's values, in an order that is always the same. A kernel says what a `Sum` is.

var<workgroup> sums: array<Sum, THREADS>;

fn total_of(index: u32, value: Sum) -> Sum {
  sums[index] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (index < half) {
      sums[index] += sums[index + half];
    }
    workgroupBarrier();
  }
  return sums[0];
}

