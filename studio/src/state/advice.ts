/** What to do about a failure, by its stable code. */
const ADVICE: Readonly<Record<string, string>> = {
  CHECKPOINT_UNREADABLE: "What had been saved of it is damaged: start it again.",
  ENGINE_CRASHED:
    "The engine has ended unexpectedly, several times: try a smaller size, then ask whoever runs the server.",
  ENGINE_HUNG: "The engine has stopped answering: try again, with a smaller size if it happens again.",
  ENGINE_OUT_OF_MEMORY: "The picture is too large for the engine's memory: choose a smaller size.",
  ENGINE_UNAVAILABLE: "There is no engine at the moment: try again later, or ask whoever runs the server.",
  IMAGE_UNREADABLE: "One of the pictures cannot be read: choose another, or save it anew as JPEG.",
  LOSS_NOT_FINITE: "The numbers have run away: choose a lower learning rate or smaller weights.",
  STORAGE_FULL: "The server has no room left: delete finished paintings, or ask whoever runs it.",
  WEIGHTS_INCOMPLETE: "The loaded filters lack a layer that was asked for: choose other layers.",
};

/** A sentence on what to do; there is always something. */
export function adviceOn(code: string): string {
  return ADVICE[code] ?? "Try again; if it fails again, tell whoever runs the server this code: " + code + ".";
}
