import { Composer } from "./composer.ts";
import { type DocumentText, documentTexts, type Parsed, parseDocument } from "./events.ts";
import { type Refuse, syntaxProblem } from "./problem.ts";
import type { YamlDocument } from "./tree.ts";

function parsed({ text, line }: DocumentText, number: number, refuse: Refuse): Parsed {
  try {
    return parseDocument(text);
  } catch (error) {
    // Not as its cause: the parser's error quotes the text.
    throw refuse(syntaxProblem(error, number, line));
  }
}

/**
 * Read the documents of a YAML text one by one; throws what `refuse` makes of the first problem.
 *
 * The documents before a broken one are handed out first. Aliases are checked:
 * each has its target, and written out they would not make a document much larger.
 * A target may hold the alias itself, though.
 */
export function* yamlDocuments(text: string, refuse: Refuse): Generator<YamlDocument> {
  let number = 0;
  for (const one of documentTexts(text)) {
    const composer = new Composer(parsed(one, number + 1, refuse), one.line, number, refuse);
    for (const document of composer.documents()) {
      number = document.number;
      yield document;
    }
  }
}
