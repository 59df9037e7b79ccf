/** What to do about a failure, by its stable code. */
const ADVICE: Readonly<Record<string, string>> = {
  CHECKPOINT_UNREADABLE: "Its checkpoint is damaged: start it again.",
  ENGINE_CRASHED: "The engine has crashed several times: try a smaller size, then ask the operator of the server.",
  ENGINE_HUNG: "The engine has stopped answering: try again, with a smaller size if it happens again.",
  ENGINE_OUT_OF_MEMORY: "The picture is too large for the engine's memory: choose a smaller size.",
  ENGINE_UNAVAILABLE: "No engine is running at the moment: try again later, or ask the operator of the server.",
  IMAGE_UNREADABLE: "One of the pictures cannot be read: choose another, or save it as JPEG.",
  LOSS_NOT_FINITE: "The optimisation has diverged: choose a lower learning rate or smaller weights.",
  STORAGE_FULL: "The server's disk is full: delete finished paintings, or ask the operator.",
  WEIGHTS_INCOMPLETE: "The loaded weights lack one of the layers: choose other layers.",
};

/** A sentence on what to do; there is always something. */
export function adviceOn(code: string): string {
  return ADVICE[code] ?? "Try again; if it fails again, tell the operator of the server this code: " + code + ".";
}
