// The pull of total variation on a value of `picture`, and the squares of its differences from the values behind it.

fn variation_at(pixel: u32, channel: u32) -> vec2f {
  let column = pixel % numbers.width;
  let row = pixel / numbers.width;
  let i = 3u * pixel + channel;
  let here = picture[i];
  var pull = 0.0;
  var squares = 0.0;
  if (column > 0u) {
    pull += here - picture[i - 3u];
  }
  if (row > 0u) {
    pull += here - picture[i - 3u * numbers.width];
  }
  if (column + 1u < numbers.width) {
    let difference = picture[i + 3u] - here;
    pull -= difference;
    squares += difference * difference;
  }
  if (row + 1u < numbers.height) {
    let difference = picture[i + 3u * numbers.width] - here;
    pull -= difference;
    squares += difference * difference;
  }
  return vec2f(pull, squares);
}

