/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "5b9b5a286ab6ab5858ab8843f7b577ab38dbaf794600fcc1e668c683cd5d282b";
