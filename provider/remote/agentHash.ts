/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "31893ec6925f4b6e596899243cf673bb6e23e690ffa833aa803cde14a68521e1";
