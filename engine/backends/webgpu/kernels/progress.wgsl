// How far steps that follow each other unwatched have come.

struct Progress {
  // Written down.
  steps: u32,
  // Not 0 once one of them has found what is not finite.
  halted: u32,
}

