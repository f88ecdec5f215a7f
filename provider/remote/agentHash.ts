/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "0a6203ce26d16cea76636fa0c5142c5349b6e1bbf8ea36f2cfb497cfea64af78";
