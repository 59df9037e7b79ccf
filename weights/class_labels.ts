/**
 * Names of ImageNet's 1000 classes in the order of fc8, in English, as a kept package lists them.
 *
 * @returns 1000 names, each with its synonyms after commas.
 */
export async function classLabels(): Promise<readonly string[]> {
  const { default: { IMAGENET_CLASSES } } = await import("imagenet-classes");
  return Array.from({ length: 1000 }, (_, index) => IMAGENET_CLASSES[index] ?? `class ${index}`);
}
