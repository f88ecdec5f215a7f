/**
 * A tokenizer of PowerShell, just deep enough to tell code from strings and comments, and a list of what Windows
 * PowerShell 5.1 does not know. Works without any PowerShell at hand.
 */

export interface Token {
  kind: "code" | "comment" | "single" | "double" | "here";
  text: string;
  line: number;
}

/** Splits a script into code, comments and strings. Throws on a string or comment without an end. */
export function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let code = "";
  let codeStart = 0;
  const lineAt = (index: number): number => script.slice(0, index).split("\n").length;
  const flush = (): void => {
    if (code !== "") tokens.push({ kind: "code", text: code, line: lineAt(codeStart) });
    code = "";
  };
  const take = (kind: Token["kind"], end: number): void => {
    flush();
    if (end < 0) throw new Error(`Unterminated ${kind} at line ${lineAt(at)}.`);
    tokens.push({ kind, text: script.slice(at, end), line: lineAt(at) });
    at = end;
  };
  while (at < script.length) {
    const two = script.slice(at, at + 2);
    const char = script[at];
    if (two === "<#") take("comment", after(script, "#>", at + 2));
    else if (char === "#" && !/[\w`]$/.test(code)) take("comment", lineEnd(script, at));
    else if (two === "@'" || two === '@"') take("here", after(script, `\n${two[1]}@`, at + 2));
    else if (char === "'") take("single", singleEnd(script, at + 1));
    else if (char === '"') take("double", doubleEnd(script, at + 1));
    else {
      if (code === "") codeStart = at;
      const length = char === "`" ? 2 : 1;
      code += script.slice(at, at + length);
      at += length;
    }
  }
  flush();
  return tokens;
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? -1 : found + mark.length;
}

function lineEnd(text: string, from: number): number {
  const found = text.indexOf("\n", from);
  return found < 0 ? text.length : found;
}

/** A doubled quote stands for one. */
function singleEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] !== "'") continue;
    if (text[i + 1] !== "'") return i + 1;
    i++;
  }
  return -1;
}

function doubleEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "`") i++;
    else if (text[i] === '"') {
      if (text[i + 1] !== '"') return i + 1;
      i++;
    }
  }
  return -1;
}

/** The code alone: strings become empty strings, comments vanish, line breaks stay. */
export function codeOf(script: string): string {
  return tokenize(script)
    .map((token) =>
      token.kind === "code" ? token.text : token.kind === "comment" ? "" : `''${"\n".repeat(token.text.split("\n").length - 1)}`,
    )
    .join("");
}

const TOO_NEW: [RegExp, string][] = [
  [/\?\?=?/, "null-coalescing"],
  [/\?\.|\?\[/, "null-conditional"],
  [/&&/, "pipeline chain &&"],
  [/\|\|/, "pipeline chain ||"],
  [/(?:\)|\]|\w)\s+\?\s+[^{\s]/, "ternary"],
  [/\s-AsHashtable\b/i, "-AsHashtable"],
  [/\s-Parallel\b/i, "-Parallel"],
  [/\bclean\s*\{/i, "clean block"],
  [/\s-(?:AsByteStream|NoEmphasis|DateKind|SslProtocol|SkipCertificateCheck)\b/i, "a parameter of PowerShell 7"],
  [/\bInvoke-Expression\b|\biex\b/i, "Invoke-Expression"],
];

/** What 5.1 would not understand, or the agent must not do, with line numbers. */
export function newerThan51(script: string): string[] {
  return codeOf(script)
    .split("\n")
    .flatMap((line, index) => TOO_NEW.filter(([pattern]) => pattern.test(line)).map(([, what]) => `line ${index + 1}: ${what}`));
}

/** Brackets that do not match, with line numbers. */
export function unbalanced(script: string): string[] {
  const stack: { char: string; line: number }[] = [];
  const closes: { [open: string]: string } = { "(": ")", "[": "]", "{": "}" };
  let line = 1;
  for (const char of codeOf(script).replace(/`./g, "")) {
    if (char === "\n") line++;
    if (closes[char]) stack.push({ char, line });
    if (!")]}".includes(char)) continue;
    const open = stack.pop();
    if (!open || closes[open.char] !== char)
      return [`line ${line}: ${char} closes ${open ? `${open.char} of line ${open.line}` : "nothing"}`];
  }
  return stack.map((open) => `line ${open.line}: ${open.char} is not closed`);
}
