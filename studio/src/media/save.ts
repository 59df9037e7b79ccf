/** Hands a file to the browser's downloads. */
export function save(source: Blob | string, name: string): void {
  const url = typeof source === "string" ? source : URL.createObjectURL(source);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  if (typeof source !== "string") setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copies text, where the page may; on a plain-http address it has to be selected by hand. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
