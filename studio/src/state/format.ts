/** Seconds as people say them: `8 s`, `1 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min${whole % 60 > 0 && minutes < 10 ? ` ${whole % 60} s` : ""}`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes in decimal units, as `310 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** A number of any magnitude in few characters, as `1.3e6`, `0.42`, `17`. */
export function formatNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e5 || magnitude < 1e-3)) return value.toExponential(1).replace("+", "");
  return String(Number(value.toPrecision(3)));
}

/** Steps a second, or seconds a step where that is longer than one. */
export function formatRate(secondsPerStep: number): string {
  return secondsPerStep >= 1
    ? `${formatNumber(secondsPerStep)} s a step`
    : `${formatNumber(Math.round(10 / secondsPerStep) / 10)} steps/s`;
}

const TIME: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };

/** A point in time of these days, in the reader's own way. */
export function formatTime(dateTime: string): string {
  return new Date(dateTime).toLocaleString([], TIME);
}
