/** What stops a write now and may be over later, as SQLite's messages and the system's codes have it. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/database or disk is full|ENOSPC|EDQUOT/, "no space left on the disk"],
  [
    /readonly database|unable to open database|EROFS|EACCES|EPERM|ENOTDIR|EEXIST|NotCapable/,
    "nothing that can be written",
  ],
  [/database (table )?is locked/, "its database locked by another program"],
  [/disk I\/O error|EIO/, "its disk failing"],
];

/** What was found that stops a write; undefined where a symptom is of something else. */
export function writeFault(symptom: string): string | undefined {
  return FAULTS.find(([pattern]) => pattern.test(symptom))?.[1];
}

/** Whether a symptom is of a disk that has no room. */
export function isFull(symptom: string): boolean {
  return FAULTS[0]![0].test(symptom);
}

/** Name and code of a failure of the file system: its message has paths in it. */
export function fileSymptom(error: Error): string {
  return `${error.name} ${"code" in error ? String(error.code) : ""}`;
}
