import type { DocumentNode } from "graphql";
import type { Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";

/**
 * Parses and validates a document once for as long as it is in use: the one that was asked for longest ago goes first.
 * (Yoga's own cache holds a thousand, of any size, and starts timers that outlive the server.)
 *
 * @param capacity Documents that are remembered.
 */
export function useDocumentCache(capacity: number): Plugin {
  const documents = new LRUCache<string, DocumentNode>({ max: capacity });
  const validated = new WeakMap<DocumentNode, readonly unknown[]>();
  return {
    onParse({ params: { source }, setParsedDocument }) {
      const text = typeof source === "string" ? source : source.body;
      const known = documents.get(text);
      if (known) {
        setParsedDocument(known);
        return;
      }
      return ({ result }) => {
        if (!result || result instanceof Error) return;
        documents.set(text, result);
      };
    },
    onValidate({ params: { documentAST }, setResult }) {
      const errors = validated.get(documentAST);
      if (errors) {
        setResult(errors);
        return;
      }
      return ({ result }) => void validated.set(documentAST, result);
    },
  };
}
