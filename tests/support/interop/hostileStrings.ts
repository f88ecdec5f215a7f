/** Strings that would be code, or break out of quotes, or change their bytes, if anything on the way took them for more than data. */

/** In any order and number: what shells, PowerShell, JSON, consoles and terminals give a meaning to. */
const PIECES = [
  "'",
  '"',
  "`",
  "\u2018",
  "\u2019",
  "\u201a",
  "\u201b",
  "\u201c",
  "\u201d",
  "\u201e",
  "´",
  "$(",
  ")",
  "$(calc)",
  "$env:PATH",
  "${x}",
  "@{",
  "}",
  "@(",
  "&",
  "&&",
  "|",
  ";",
  "<",
  ">",
  "%PATH%",
  "!",
  "^",
  "#",
  "--%",
  "\n",
  "\r",
  "\r\n",
  "\t",
  "\u000b",
  "\f",
  "\b",
  "\u001b[2J",
  "\u001b]0;x\u0007",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u0003",
  "\u0004",
  "\u001a",
  "~.",
  "\\",
  "\\\\",
  "\\n",
  "\\u0027",
  "/",
  "..",
  "*",
  "?",
  "[",
  "]",
  "{",
  "://",
  "C:\\",
  "\\\\server\\share",
  "NUL",
  "CON",
  "\u202e",
  "\u202d",
  "\u2066",
  "\u2069",
  "\u200b",
  "\u200f",
  "\u061c",
  "\ufeff",
  "\u00a0",
  "\u3000",
  "ä",
  "ß",
  "İ",
  "ı",
  "é",
  "e\u0301",
  "日本",
  "Ω",
  "\u{1f512}",
  "\u{10ffff}",
  "\ufffd",
  "\ufffe",
  "K",
  "ﬀ",
  "Get-Process",
  "; Stop-Computer -Force #",
  "' -or 1 -eq 1",
  "</script>",
  "]]>",
  "{{7*7}}",
  "%s%n",
  "-EncodedCommand",
  '{"id":1}',
  "null",
  "True",
  "0x41",
  "1e9",
  " ",
  "  ",
  "a",
  "Z",
  "0",
];
const LONGEST = 12;

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` different strings: every piece alone, every pair with a quote, then mixtures; never empty, never NUL. */
export function hostileStrings(count: number, seed = 20_261_122): string[] {
  const next = random(seed);
  const found = new Set<string>(PIECES);
  for (const piece of PIECES) for (const quote of ["'", '"', "\u2019", "`"]) found.add(quote + piece + quote);
  while (found.size < count) {
    const length = 2 + Math.floor(next() * (LONGEST - 1));
    found.add(Array.from({ length }, () => PIECES[Math.floor(next() * PIECES.length)]).join(""));
  }
  return [...found].slice(0, count);
}
