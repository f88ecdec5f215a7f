/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "91e999b280b26fd47fc60b8ee9f21e07370599b149f20603df400206a3fc9e0f";
