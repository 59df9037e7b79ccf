/**
 * Writes anew what stands between `<!-- NAME: … -->` and `<!-- end -->` in a page.
 *
 * @param task The task that writes the page.
 * @param parts What stands there, by its name.
 * @throws {Error} When a part has no place in the page.
 */
export function filled(page: string, task: string, parts: Readonly<Record<string, () => string>>): string {
  return Object.entries(parts).reduce((text, [name, write]) => {
    const begin = `<!-- ${name}: \`deno task ${task}\` -->\n`;
    const [before, after] = text.split(begin);
    const end = after?.indexOf("<!-- end -->") ?? -1;
    if (end < 0) throw new Error(`Cannot write the page: found no place for the ${name}`);
    return `${before}${begin}\n${write()}\n\n${after!.slice(end)}`;
  }, page);
}
