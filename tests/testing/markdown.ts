import { lexer, type Token, type Tokens } from "marked";

/** The blocks of code of a page in a language, in order. */
export function codeBlocks(page: string, language: string): string[] {
  const blocks = lexer(page).filter((token): token is Tokens.Code => token.type === "code");
  return blocks.filter(({ lang }) => lang === language).map(({ text }) => text);
}

/** The rows of all tables of a page whose first column has this head, as text without marks. */
export function tableRows(page: string, head: string): string[][] {
  const tables = lexer(page).filter((token): token is Tokens.Table => token.type === "table");
  return tables.filter(({ header }) => header[0]?.text === head).flatMap(({ rows }) =>
    rows.map((cells) => cells.map(({ tokens }) => textOf(tokens)))
  );
}

/** What a page's items of lists say strongly, in order. */
export function strongInLists(page: string): string[] {
  const lists = lexer(page).filter((token): token is Tokens.List => token.type === "list");
  return lists.flatMap(({ items }) => items.flatMap(({ tokens }) => strong(tokens)));
}

function strong(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) =>
    token.type === "strong" ? [textOf(token.tokens ?? [])] : "tokens" in token ? strong(token.tokens ?? []) : []
  );
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) =>
    "tokens" in token && token.tokens ? textOf(token.tokens) : "text" in token ? token.text : ""
  )
    .join("");
}
