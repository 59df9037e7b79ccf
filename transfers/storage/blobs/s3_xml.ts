/**
 * What S3's answers say that are XML.
 *
 * @module
 */
import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { S3Fault } from "./s3_fault.ts";

export type { XmlElement };

/** The element that an answer is. @throws {S3Fault} where it is none of this name. */
export function parseAnswer(text: string, name: string): XmlElement {
  const root = rootOf(text);
  // A proxy's page, or half an answer: the next may be one.
  if (root?.name !== name) throw new S3Fault(`an answer that is no ${name}`);
  return root;
}

function rootOf(text: string): XmlElement | null {
  try {
    return parseXml(text).root;
  } catch {
    return null;
  }
}

/** Elements of a name inside another. */
export function elementsOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

/** What the first element of a name inside another holds; undefined where there is none. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  return elementsOf(parent, name)[0]?.text;
}

/** As `textOf`. @throws {S3Fault} where there is none. */
export function textIn(parent: XmlElement, name: string): string {
  const text = textOf(parent, name);
  if (text === undefined) throw new S3Fault(`an answer without ${name}`);
  return text;
}

/** S3's code for an error, by the body of an answer; null where it has none. */
export function errorCode(text: string): string | null {
  const root = rootOf(text);
  const code = root?.name === "Error" ? textOf(root, "Code") : undefined;
  return code !== undefined && /^[\w.]{1,64}$/.test(code) ? code : null;
}
